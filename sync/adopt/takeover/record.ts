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

/** What a domain's entities were before the product took them over: what `adopt --release` gives back. */
export type AdoptionRecord = {
  readonly owner: string;
  readonly domain: string;
  readonly controlPlane: PlaneIdentity;
  readonly adopted: Adopted;
  /** Ids of the endpoints that it led to. */
  readonly endpoints: readonly string[];
  /** The service, its routes, and where it had one its upstream with all targets; tags and fields as they were. */
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
  fixes: { damaged: 'bring back the one that was committed' },
};

/** Where a record is: in the folder `adopted` beside the file that names what is adopted, so that both are committed together. */
export function recordPath(included: string, domain: string, stage?: string): string {
  return join(dirname(included), 'adopted', `${domain}${stage === undefined ? '' : `.${stage}`}.json`);
}

/** Files beside the record at `path` that are of this domain in other control planes. */
export async function recordsBeside(path: string, domain: string): Promise<readonly string[]> {
  const names = await readdir(dirname(path)).catch((thrown: unknown) => {
    if (isMissingFile(thrown)) return [];
    throw thrown;
  });
  const isOfIt = (name: string) => name.startsWith(`${domain}.`) && name.endsWith('.json');
  return names.filter((name) => isOfIt(name) && name !== basename(path)).sort();
}

/** What is recorded of this domain for this owner and control plane; undefined: nothing. Throws PrivatelinkError (STATE). */
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

/** Throws PrivatelinkError (STATE). */
export function writeRecord(path: string, record: AdoptionRecord): Promise<void> {
  return writeSealed(path, record, recordFile);
}

/** Throws PrivatelinkError (STATE) where a record could not be taken away; leaves it as it is. */
export async function proveRemovable(path: string): Promise<void> {
  try {
    await proveWritable(path);
  } catch (cause) {
    const fix = writeFix(cause, 'let this user write in its folder');
    throw new PrivatelinkError(`cannot take ${path} away (${messageOf(cause)})`, { code: 'STATE', fix, cause });
  }
}

/** Where requests went before: the hosts of the targets, or without an upstream that of the service. */
export function hostsOf({ adopted, entities }: Pick<AdoptionRecord, 'adopted' | 'entities'>): readonly string[] {
  if (adopted.upstream !== undefined) return entities.filter(({ kind }) => kind === 'target').map(hostOfTarget);
  return entities.filter(({ kind }) => kind === 'service').map((one) => placeOfService(one).host);
}

/** The host of a target: a name, or an address without brackets. */
export function hostOfTarget(target: HeldEntity): string {
  return placeOfTarget(target).host;
}
