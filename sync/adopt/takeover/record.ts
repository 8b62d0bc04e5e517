import { readdir } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { z } from 'zod';
import { messageOf, PrivatelinkError } from '#core/errors';
import type { Adopted } from '#core/model';
import type { HeldEntity } from '#deck/document';
import { entityShape } from '#deck/held';
import { isMissingFile, proveWritable, writeFix } from '#io/files';
import { readSealed, type Sealed, writeSealed } from '#io/sealed-file';
import { type PlaneIdentity, planeIdentitySchema } from '../../control-planes/plane-identity';
import { placeOfService, placeOfTarget } from '../parts';

/** A domain's entities as they were before the takeover. `adopt --release` restores them. */
export type AdoptionRecord = {
  readonly owner: string;
  readonly domain: string;
  readonly controlPlane: PlaneIdentity;
  readonly adopted: Adopted;
  /** Ids of the endpoints that the service led to. */
  readonly endpoints: readonly string[];
  /** The service, its routes, and its upstream (if any) with all targets, with original tags. */
  readonly entities: readonly HeldEntity[];
};

const entity: z.ZodType<HeldEntity> = z.strictObject({ ...entityShape, id: z.string() });

const recordFile: Sealed<AdoptionRecord> = {
  subject: 'the record of an adoption',
  version: 1,
  form: 'indented',
  schema: z.strictObject({
    owner: z.string(),
    domain: z.string(),
    controlPlane: planeIdentitySchema,
    adopted: z.strictObject({ service: z.string(), upstream: z.string().optional(), routes: z.array(z.string()) }),
    endpoints: z.array(z.string()),
    entities: z.array(entity),
  }),
  code: 'STATE',
  fixes: { damaged: 'restore the committed file' },
};

/**
 * Returns the path of a record. It is in the folder `adopted` beside the file with the adopted
 * names, so that people commit both together.
 */
export function recordPath(included: string, domain: string, stage?: string): string {
  return join(dirname(included), 'adopted', `${domain}${stage === undefined ? '' : `.${stage}`}.json`);
}

/** Returns records of this domain in other control planes, beside the record at `path`. */
export async function recordsBeside(path: string, domain: string): Promise<readonly string[]> {
  const names = await readdir(dirname(path)).catch((thrown: unknown) => {
    if (isMissingFile(thrown)) return [];
    throw thrown;
  });
  const isOfIt = (name: string) => name.startsWith(`${domain}.`) && name.endsWith('.json');
  return names.filter((name) => isOfIt(name) && name !== basename(path)).sort();
}

/**
 * Reads the record of this domain, owner and control plane; undefined: none exists. Throws
 * PrivatelinkError (STATE).
 */
export function readRecord(
  path: string,
  { owner, domain, controlPlane }: Pick<AdoptionRecord, 'owner' | 'domain' | 'controlPlane'>,
): Promise<AdoptionRecord | undefined> {
  const place = (one: PlaneIdentity) =>
    JSON.stringify(
      Object.entries(one)
        .filter(([name]) => name !== 'id')
        .sort(),
    );
  const mismatchOf = (record: AdoptionRecord) => {
    const isSame = record.owner === owner && record.domain === domain;
    if (isSame && place(record.controlPlane) === place(controlPlane)) return undefined;
    return { reason: 'is of another owner, domain or control plane', fix: 'move it out of the way' };
  };
  return readSealed(path, { ...recordFile, mismatchOf });
}

/** Writes the record. Throws PrivatelinkError (STATE). */
export function writeRecord(path: string, record: AdoptionRecord): Promise<void> {
  return writeSealed(path, record, recordFile);
}

/** Throws PrivatelinkError (STATE) when a record could not be removed. Does not remove it. */
export async function proveRemovable(path: string): Promise<void> {
  try {
    await proveWritable(path);
  } catch (cause) {
    const fix = writeFix(cause, 'let this user write in its folder');
    throw new PrivatelinkError(`cannot remove ${path} (${messageOf(cause)})`, { code: 'STATE', fix, cause });
  }
}

/**
 * Returns the former destinations: the hosts of the targets, or of a service without an upstream.
 */
export function hostsOf({ adopted, entities }: Pick<AdoptionRecord, 'adopted' | 'entities'>): readonly string[] {
  if (adopted.upstream !== undefined) return entities.filter(({ kind }) => kind === 'target').map(hostOfTarget);
  return entities.filter(({ kind }) => kind === 'service').map((one) => placeOfService(one).host);
}

/** Returns the host of a target: a name, or an address without brackets. */
export function hostOfTarget(target: HeldEntity): string {
  return placeOfTarget(target).host;
}
