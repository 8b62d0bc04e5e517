import { z } from 'zod';
import { PrivatelinkError } from '#core/errors';
import { canonicalJson, checksumOf, digestOf } from '#core/json';
import type { Snapshot } from '#core/model';
import { snapshotSchema, usableSnapshotSchema } from './schema';

/** Raised when a reader of the version before would misunderstand the file. */
const version = 1;

export type SnapshotOrigin = {
  /** Where the text is from, for messages. */
  readonly from: string;
  /** Whose snapshot it must be. */
  readonly owner: string;
};

/** The text of a snapshot file: JSON with sorted keys, so that the same snapshot has the same bytes, and a checksum over its content. */
export function serialiseSnapshot(snapshot: Snapshot, owner: string): string {
  return sealed(canonicalJson({ version, owner, snapshot }));
}

/** The same for what is only remembered: keys as they come, in a tenth of the time. It can be read only as it was written, since the checksum is over that text. */
export function serialiseUsable(snapshot: Snapshot, owner: string): string {
  return sealed(JSON.stringify({ owner, snapshot, version }));
}

/** "checksum" is the first of the sorted keys. */
function sealed(content: string): string {
  return `{"checksum":"${digestOf(content)}",${content.slice(1)}\n`;
}

/**
 * Reads the text of a snapshot file; an endpoint that cannot be used is quarantined. Throws PrivatelinkError (BAD_ANSWER) that says what is
 * wrong with it, and the fix.
 */
export function parseSnapshot(text: string, origin: SnapshotOrigin): Snapshot {
  return parseContent(text, origin, {
    schema: snapshotSchema,
    fix: 'write it again with kong-privatelink discover --out FILE',
  });
}

/** The same for what is only remembered: a scope that cannot be used is left out. */
export function parseUsable(text: string, origin: SnapshotOrigin): Snapshot {
  return parseContent(text, origin, {
    schema: usableSnapshotSchema,
    fix: 'it is written again once its scopes answer',
  });
}

/** What the snapshot must be, and what mends a damaged file. */
type Reading = { readonly schema: z.ZodType<Snapshot>; readonly fix: string };

function parseContent(text: string, { from, owner }: SnapshotOrigin, { schema, fix: writeAgain }: Reading): Snapshot {
  const { checksum, ...content } = parseEnvelope(parseJson(text, from, writeAgain), from);
  if (content.version !== version) {
    const fix = 'let the same version of kong-privatelink write and read it';
    throw unusable(from, `has schema version ${content.version}, this version reads ${version}`, fix);
  }
  if (checksum !== checksumOfText(text) && checksum !== checksumOf(content)) {
    throw unusable(from, 'was changed or damaged: its checksum does not match its content', writeAgain);
  }
  if (content.owner !== owner) {
    const fix = `take the snapshot that owner ${owner} writes, or set owner to ${content.owner}`;
    throw unusable(from, `belongs to owner ${content.owner}, not to ${owner}`, fix);
  }
  const parsed = schema.safeParse(content.snapshot);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw unusable(from, `has a field that cannot be used (${issue?.path.join('.')}: ${issue?.message})`, writeAgain);
}

function unusable(from: string, problem: string, fix: string): PrivatelinkError {
  return new PrivatelinkError(`${from}: the snapshot ${problem}; ${fix}`, { code: 'BAD_ANSWER', transient: false });
}

/** `looseObject`: the checksum is over all that the file holds. */
const envelopeSchema = z.looseObject({
  version: z.int(),
  owner: z.string(),
  checksum: z.string(),
  snapshot: z.unknown(),
});

function parseEnvelope(json: unknown, from: string): z.infer<typeof envelopeSchema> {
  const parsed = envelopeSchema.safeParse(json);
  if (parsed.success) return parsed.data;
  const fix = 'name a file that kong-privatelink discover --out wrote, or a URL that serves one';
  throw unusable(from, 'is JSON of something else: it has no version, owner and checksum', fix);
}

function parseJson(text: string, from: string, writeAgain: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    const isHtml = text.trimStart().startsWith('<');
    if (isHtml) throw unusable(from, 'is HTML: a proxy or a login page answered', 'correct the address, or the token');
    throw unusable(from, 'is not JSON, or was cut short', writeAgain);
  }
}

/** The checksum is the first key of a file that is as it was written: what follows is the content, and need not be put in order again. */
function checksumOfText(text: string): string {
  return digestOf(text.trimEnd().replace(/^\{"checksum":"[^"]*",/, '{'));
}
