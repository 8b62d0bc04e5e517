import { z } from 'zod';
import type { Snapshot } from '#core/model';
import { parseSealed, type Sealed, serialiseSealed, unusable } from '#io/sealed-file';
import { excessOf } from './bounds';
import { snapshotSchema, usableSnapshotSchema } from './schema';

export type SnapshotOrigin = {
  /** The origin of the text, for messages. */
  readonly from: string;
  /** The required owner of the snapshot. */
  readonly owner: string;
};

type Content = { readonly owner: string; readonly snapshot: Snapshot };

const snapshotKind: Sealed<Content> = {
  subject: 'the snapshot',
  version: 1,
  form: 'sorted',
  schema: z.object({ owner: z.string(), snapshot: snapshotSchema }),
  code: 'BAD_ANSWER',
  fixes: {
    damaged: 'write it again with kong-privatelink discover --out FILE',
    otherVersion: 'let the same version of kong-privatelink write and read it',
    otherFile: 'name a file that kong-privatelink discover --out wrote, or a URL that serves one',
  },
};

const lastGoodKind: Sealed<Content> = {
  ...snapshotKind,
  form: 'quick',
  schema: z.object({ owner: z.string(), snapshot: usableSnapshotSchema }),
  fixes: { damaged: 'it is written again once its scopes answer' },
};

/** The file of remembered answers of this owner. An unusable scope is left out. */
export function lastGoodFile(owner: string): Sealed<Content> {
  return ofOwner(owner, lastGoodKind);
}

/** The text of a snapshot file. */
export function serialiseSnapshot(snapshot: Snapshot, owner: string): string {
  return serialiseSealed({ owner, snapshot }, snapshotKind);
}

/**
 * Parses the text of a snapshot file. An unusable endpoint is quarantined. Throws PrivatelinkError
 * (BAD_ANSWER) with the error and its fix.
 */
export function parseSnapshot(text: string, { from, owner }: SnapshotOrigin): Snapshot {
  if (text.trimStart().startsWith('<')) {
    const fix = 'correct the address, or the token';
    throw unusable(snapshotKind, from, { reason: 'is HTML: a proxy or a login page answered', fix });
  }
  const excess = excessOf(text);
  if (excess) {
    const fix = 'divide it: let each source of the gateway that writes it become a snapshot of its own';
    throw unusable(snapshotKind, from, { reason: excess, fix });
  }
  return parseSealed(text, ofOwner(owner, snapshotKind), from).snapshot;
}

function ofOwner(owner: string, kind: Sealed<Content>): Sealed<Content> {
  const mismatchOf = (content: Content) => {
    if (content.owner === owner) return undefined;
    const reason = `belongs to owner ${content.owner}, not to ${owner}`;
    return { reason, fix: `take the snapshot that owner ${owner} writes, or set owner to ${content.owner}` };
  };
  return { ...kind, mismatchOf };
}
