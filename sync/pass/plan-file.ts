import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { messageOf, type Problem } from '#core/errors';
import { canonicalJson } from '#core/json';
import { entityShape } from '#deck/held';
import { parseSealed, type Sealed, serialiseSealed, unusable } from '#io/sealed-file';
import { type ContractAction, contractVerbs } from '../contracts/actions';
import { describePlane, type PlaneIdentity, planeIdentitySchema } from '../control-planes/plane-identity';
import { actions, type Change } from '../plan/changes';

/** A plan that people approve before it is applied. */
export type PlanFile = {
  readonly owner: string;
  readonly controlPlane: PlaneIdentity;
  /** Checksum of the base files that are written too. Absent: none. */
  readonly base?: string;
  readonly createdAtMs: number;
  /** Why the brake withheld removals; `changes` does not contain them. Absent: it withheld none. */
  readonly withheld?: string;
  readonly changes: readonly Change[];
  /** Actions at the services of `contracts`. Absent: none. */
  readonly contracts?: readonly ContractAction[];
};

const entitySchema = z.strictObject(entityShape);

const changeSchema = z.strictObject({
  action: z.enum(actions),
  kind: entityShape.kind,
  key: z.string(),
  id: z.string(),
  parentId: z.string().optional(),
  domain: z.string(),
  reason: z.string(),
  isConfirmed: z.boolean().optional(),
  before: entitySchema.extend({ id: z.string().optional() }).optional(),
  after: entitySchema.optional(),
});

const actionSchema = z.strictObject({
  action: z.enum(contractVerbs),
  serviceId: z.string(),
  scopeId: z.string(),
  endpointId: z.string().optional(),
  principal: z.string().optional(),
  account: z.string().optional(),
  consumer: z.string().optional(),
  reason: z.string(),
});

const planSchema = z.strictObject({
  owner: z.string(),
  controlPlane: planeIdentitySchema,
  base: z.string().optional(),
  createdAtMs: z.number(),
  withheld: z.string().optional(),
  changes: z.array(changeSchema),
  contracts: z.array(actionSchema).optional(),
});

const planKind: Sealed<PlanFile> = {
  subject: 'it',
  version: 2,
  form: 'indented',
  schema: planSchema,
  code: 'CONFIG_INVALID',
  fixes: { damaged: 'make a new plan with diff --out, and do not edit it' },
  older: { version: 1, key: 'plan' },
};

/** Text of the file. The same plan has the same bytes. */
export function serialisePlan(plan: PlanFile): string {
  return serialiseSealed(plan, planKind);
}

export type PlanExpectation = Pick<PlanFile, 'owner' | 'controlPlane' | 'base'>;

/**
 * Reads the plan in `path`. Throws PrivatelinkError (CONFIG_INVALID) when it is damaged, edited, or
 * made for something else.
 */
export async function readPlan(path: string, expected: PlanExpectation): Promise<PlanFile> {
  const text = await readFile(path, 'utf8').catch((thrown) => {
    const reason = `cannot be read (${messageOf(thrown)})`;
    throw unusable(planKind, fromPlan(path), { reason, fix: 'name the file that diff --out wrote' });
  });
  return parseSealed(text, { ...planKind, mismatchOf: (plan) => mismatchOf(plan, expected) }, fromPlan(path));
}

/** Parses a plan; `path` is for messages. Throws PrivatelinkError (CONFIG_INVALID). */
export function parsePlan(text: string, path: string): PlanFile {
  return parseSealed(text, planKind, fromPlan(path));
}

function fromPlan(path: string): string {
  return `--plan ${path}`;
}

function mismatchOf(plan: PlanFile, expected: PlanExpectation): Problem | undefined {
  const { owner, controlPlane, base } = plan;
  if (owner !== expected.owner) {
    const reason = `is of owner ${owner}, but the configuration is of owner ${expected.owner}`;
    return { reason, fix: `use the configuration of owner ${owner} instead` };
  }
  if (canonicalJson(controlPlane) !== canonicalJson(expected.controlPlane)) {
    const [made, configured] = [describePlane(controlPlane), describePlane(expected.controlPlane)];
    const reason = `is for control plane ${made}, but the configuration is for ${configured}`;
    return { reason, fix: `use the configuration of ${made} instead, or make a new plan with diff --out` };
  }
  if (base === expected.base) return undefined;
  const reason = 'does not fit: the base files (deck.base) have changed since it was made';
  return { reason, fix: 'make a new plan with diff --out' };
}
