import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { messageOf, PrivatelinkError } from '#core/errors';
import { canonicalJson, checksumOf } from '#core/json';
import type { Json, JsonObject } from '#core/model';
import { describePlane, type PlaneIdentity, planeIdentitySchema } from '../control-planes/plane-identity';
import type { Change } from '../plan/changes';

const version = 1;

/** A plan that people look at before it is applied. */
export type PlanFile = {
  readonly owner: string;
  readonly controlPlane: PlaneIdentity;
  /** Checksum of the base files that are written too; absent: none are. */
  readonly base?: string;
  readonly createdAtMs: number;
  /** Why the brake withheld removals, which are not among `changes`; absent: it did not. */
  readonly withheld?: string;
  readonly changes: readonly Change[];
};

const json: z.ZodType<Json> = z.json();
const fields: z.ZodType<JsonObject> = z.record(z.string(), json);
const kind = z.enum(['upstream', 'target', 'service', 'route', 'plugin']);

const entitySchema = z.strictObject({
  kind,
  key: z.string(),
  domain: z.string(),
  parent: z.string().optional(),
  fields,
  tags: z.array(z.string()),
});

const changeSchema = z.strictObject({
  action: z.enum(['create', 'update', 'delete']),
  kind,
  key: z.string(),
  id: z.string(),
  parentId: z.string().optional(),
  domain: z.string(),
  reason: z.string(),
  isConfirmed: z.boolean().optional(),
  before: entitySchema.extend({ id: z.string().optional() }).optional(),
  after: entitySchema.optional(),
});

const planSchema = z.strictObject({
  owner: z.string(),
  controlPlane: planeIdentitySchema,
  base: z.string().optional(),
  createdAtMs: z.number(),
  withheld: z.string().optional(),
  changes: z.array(changeSchema),
});

const fileSchema = z.strictObject({ version: z.number(), checksum: z.string(), plan: z.unknown() });

/** The file's text; the same plan gives the same bytes. */
export function serialisePlan(plan: PlanFile): string {
  return `${JSON.stringify({ version, checksum: checksumOf(plan), plan }, null, 2)}\n`;
}

export type PlanExpectation = Pick<PlanFile, 'owner' | 'controlPlane' | 'base'>;

/** Gives the plan in `path`. Throws PrivatelinkError (CONFIG_INVALID) when it is damaged, edited, or made for something else. */
export async function readPlan(path: string, expected: PlanExpectation): Promise<PlanFile> {
  const plan = parsePlan(await readText(path), path);
  const problem = mismatchOf(plan, expected);
  if (problem) throw invalid(path, problem);
  return plan;
}

async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    throw invalid(path, {
      what: `it cannot be read (${messageOf(cause)})`,
      fix: 'name the file that diff --out wrote',
    });
  }
}

/** Gives the plan that `text` holds; `path` is for messages. Throws PrivatelinkError (CONFIG_INVALID). */
export function parsePlan(text: string, path: string): PlanFile {
  const file = fileSchema.safeParse(jsonOf(text, path));
  if (!file.success) throw invalid(path, damaged('it is no plan of this program'));
  if (file.data.version !== version)
    throw invalid(path, damaged(`its version is ${file.data.version}, this program's ${version}`));
  if (checksumOf(file.data.plan) !== file.data.checksum)
    throw invalid(path, damaged('it was changed after it was written'));
  const plan = planSchema.safeParse(file.data.plan);
  if (!plan.success) throw invalid(path, damaged(`it is no plan of this program (${z.prettifyError(plan.error)})`));
  return plan.data;
}

function jsonOf(text: string, path: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw invalid(path, damaged('it is no JSON, perhaps it was cut short'));
  }
}

function mismatchOf(plan: PlanFile, expected: PlanExpectation): Problem | undefined {
  const { owner, controlPlane, base } = plan;
  if (owner !== expected.owner) {
    const what = `it is of owner ${owner}, the configuration of ${expected.owner}`;
    return { what, fix: `use the configuration of owner ${owner} instead` };
  }
  if (canonicalJson(controlPlane) !== canonicalJson(expected.controlPlane)) {
    const [made, configured] = [describePlane(controlPlane), describePlane(expected.controlPlane)];
    const what = `it is for control plane ${made}, the configuration for ${configured}`;
    return { what, fix: `use the configuration of ${made} instead, or make the plan anew with diff --out` };
  }
  if (base === expected.base) return undefined;
  return { what: 'the base files (deck.base) are others than when it was made', fix: 'make it anew with diff --out' };
}

type Problem = { readonly what: string; readonly fix: string };

function damaged(what: string): Problem {
  return { what, fix: 'make it anew with diff --out, and do not edit it' };
}

function invalid(path: string, { what, fix }: Problem): PrivatelinkError {
  const message = `--plan ${path}: ${what}; ${fix}`;
  return new PrivatelinkError(message, { code: 'CONFIG_INVALID', transient: false });
}
