import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import type { EndpointConnection } from '#core/contracts/model';
import { formatProblem, messageOf } from '#core/errors';
import type { Clocks } from '#core/timing/clock';
import { writeFix } from '#io/files';
import { readSealed, type Sealed, writeSealed } from '#io/sealed-file';
import type { KnownPart, KnownParts } from './parts';

/**
 * Stores knowledge of services beyond the process. An error becomes a warning and is never thrown.
 */
export interface ContractsStore {
  read(serviceId: string): Promise<Remembered & { readonly warning?: string }>;
  write(serviceId: string, remembered: Remembered): Promise<{ readonly warning?: string }>;
}

export type Remembered = {
  readonly goods: KnownParts;
  /**
   * The last list of connections was empty after a full one, and was doubted; absent: it was not.
   */
  readonly isDoubted?: boolean;
};

export type ContractsFiles = {
  readonly stateDir: string;
  readonly owner: string;
  readonly clock: Pick<Clocks, 'monotonicMs'>;
  readonly isReadOnly?: boolean;
};

/**
 * Unchanged content is written again after this time, as for scopes: its age on disk stays right.
 */
const refreshMs = 300_000;

/**
 * Keeps the last known state of each service in its own file (0600). Configurations that share some
 * services then take nothing from each other (fm-42). Use one store for one process.
 */
export function openContractsStore({ stateDir, owner, clock, isReadOnly }: ContractsFiles): ContractsStore {
  const pathOf = (serviceId: string) => join(stateDir, `contracts.${owner}.${serviceId}.json`);
  const kept = new Map<string, Remembered & { readonly sinceMs: number }>();
  return {
    read: async (serviceId) => {
      try {
        const file = await readSealed(pathOf(serviceId), kindFor(owner, serviceId));
        return file ? { goods: goodsIn(file), isDoubted: file.isDoubted } : { goods: {} };
      } catch (thrown) {
        const warning = `what was known of ${serviceId} before cannot be used, starting without it (${messageOf(thrown)})`;
        return { goods: {}, warning };
      }
    },
    write: async (serviceId, { goods, isDoubted = false }) => {
      const nowMs = clock.monotonicMs();
      const last = kept.get(serviceId);
      const isKept = last && nowMs - last.sinceMs < refreshMs && isSame(last, { goods, isDoubted });
      if (isReadOnly || isKept || Object.keys(goods).length === 0) return {};
      try {
        const { connections, ...rest } = goods;
        const own = connections && { ...connections, value: connections.value.map(withoutService) };
        const doubt = isDoubted ? { isDoubted } : {};
        const content = { owner, serviceId, ...doubt, parts: { ...rest, ...(own && { connections: own }) } };
        await writeSealed(pathOf(serviceId), content, kindFor(owner, serviceId));
        kept.set(serviceId, { goods, isDoubted, sinceMs: nowMs });
        return {};
      } catch (thrown) {
        // A file older than the tables would add and remove endpoints in the next process. Without
        // a file, the tables decide.
        await rm(pathOf(serviceId), { force: true }).catch(() => undefined);
        kept.delete(serviceId);
        const fix = `${writeFix(thrown, 'make stateDir writable')}, or a restart while AWS does not answer starts with nothing known`;
        const reason = `what is known of ${serviceId} cannot be written to ${pathOf(serviceId)} (${messageOf(thrown)})`;
        return { warning: formatProblem({ reason, fix }) };
      }
    },
  };
}

function isSame(one: Remembered, other: Remembered): boolean {
  if (one.isDoubted !== other.isDoubted) return false;
  const valuesOf = (goods: KnownParts) => Object.entries(goods).map(([name, { value }]) => [name, value]);
  return isDeepStrictEqual(valuesOf(one.goods), valuesOf(other.goods));
}

function withoutService({ serviceId: _, ...rest }: EndpointConnection) {
  return rest;
}

/** More than a reader accepts for one list (300 pages of 1,000). */
const mostConnections = 300_000;
const mostOthers = 30_000;
const word = z.string().min(1).max(2_048);
const atMs = z.number().int().min(0).max(8.64e15);

const connection = z.strictObject({
  endpointId: z.string().regex(/^vpce-[0-9a-f]{1,64}$/),
  account: z
    .string()
    .regex(/^\d{12}$/)
    .optional(),
  state: z.string().regex(/^[A-Za-z]{1,64}$/),
  createdAtMs: z.number().int().max(8.64e15).optional(),
  region: z
    .string()
    .regex(/^[a-z0-9-]{1,64}$/)
    .optional(),
  misfit: word.optional(),
});

const goodOf = <T extends z.ZodType>(value: T) => z.strictObject({ value, observedAtMs: atMs }).optional();
const count = z.number().int().min(0);

const partsSchema = z.strictObject({
  setup: goodOf(
    z.strictObject({
      acceptanceRequired: z.boolean(),
      zoneIds: z.array(word).max(1_000),
      loadBalancerArns: z.array(word).max(1_000),
    }),
  ),
  connections: goodOf(z.array(connection).max(mostConnections)),
  permissions: goodOf(z.array(z.strictObject({ principal: word, id: word.optional() })).max(mostOthers)),
  health: goodOf(z.array(z.strictObject({ zoneId: word, healthy: count, unhealthy: count })).max(1_000)),
});

type ContractsFile = Pick<Remembered, 'isDoubted'> & {
  readonly owner: string;
  readonly serviceId: string;
  readonly parts: Omit<KnownParts, 'connections'> & {
    readonly connections?: KnownPart<readonly Omit<EndpointConnection, 'serviceId'>[]>;
  };
};

const fileSchema: z.ZodType<ContractsFile> = z.object({
  owner: z.string(),
  serviceId: z.string(),
  isDoubted: z.boolean().optional(),
  parts: partsSchema,
});

const fixes = { damaged: 'it is written again once AWS answers' };

function kindFor(owner: string, serviceId: string): Sealed<ContractsFile> {
  return {
    subject: 'what is known of an endpoint service',
    version: 1,
    form: 'quick',
    schema: fileSchema,
    code: 'STATE',
    fixes,
    mismatchOf: (file) => {
      if (file.owner === owner && file.serviceId === serviceId) return undefined;
      const reason = `is of service ${file.serviceId} of owner ${file.owner}, not of ${serviceId} of ${owner}`;
      return { reason, fix: 'remove it: it is written again once AWS answers' };
    },
  };
}

function goodsIn({ serviceId, parts: { connections, ...rest } }: ContractsFile): KnownParts {
  const own = connections && {
    ...connections,
    value: connections.value.map((one) => ({ ...one, serviceId })),
  };
  return { ...rest, ...(own && { connections: own }) };
}
