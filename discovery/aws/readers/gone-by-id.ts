import { dispositionOf } from '#core/endpoint-states';
import type { EndpointState } from '#core/model';
import type { AccountScope } from '../accounts';
import type { CallBudget } from '../call-budget';
import { wrapAwsError } from '../errors';

/** How to ask one action of EC2 for ids. `describe` rejects as the SDK does. */
export type DescribeById = {
  readonly scope: AccountScope;
  readonly budget: CallBudget;
  readonly action: string;
  readonly describe: (ids: readonly string[]) => Promise<readonly Described[]>;
};

export type Described = { readonly id: string; readonly state: EndpointState };

/** Ids in one call. An answer that lists them all stays small. */
const idsPerCall = 200;

/**
 * The ids that EC2 names as unknown, or lists in a terminal state. Throws PrivatelinkError when a
 * batch is not answered.
 */
export async function findGone(
  ids: readonly string[],
  { scope, budget, action, describe }: DescribeById,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const gone: string[] = [];
  for (let start = 0; start < ids.length; start += idsPerCall) {
    const batch = ids.slice(start, start + idsPerCall);
    const missing = await wrapAwsError(`ec2:${action}`, scope, () =>
      findMissing(batch, async (left) => {
        await budget.take({ ...scope, action }, signal);
        const described = await describe(left);
        gone.push(...described.filter(({ state }) => dispositionOf(state) === 'remove').map(({ id }) => id));
      }),
    );
    gone.push(...missing);
  }
  return gone;
}

/** AWS is asked this often without its unknown ids, before the batch is given up. */
const attempts = 5;

/**
 * The items of `describe` that exist; undefined when none does. AWS refuses a whole batch for one
 * unknown id. The ids that AWS names are left out, and the rest is asked again (fm-11). Throws what
 * `describe` throws.
 */
export async function describeExisting<T>(
  ids: readonly string[],
  describe: (ids: readonly string[]) => Promise<T>,
): Promise<T | undefined> {
  let existing = ids;
  for (let attempt = 1; existing.length > 0; attempt += 1) {
    try {
      return await describe(existing);
    } catch (thrown) {
      const missing = new Set(missingIds(thrown, existing));
      if (missing.size === 0 || attempt === attempts) throw thrown;
      existing = existing.filter((id) => !missing.has(id));
    }
  }
  return undefined;
}

/**
 * The ids that AWS names as unknown. When AWS names one id for each call, the rest waits for the
 * next pass.
 */
export async function findMissing(
  ids: readonly string[],
  describe: (ids: readonly string[]) => Promise<unknown>,
): Promise<readonly string[]> {
  const missing = new Set<string>();
  for (let attempt = 1; attempt <= attempts && missing.size < ids.length; attempt += 1) {
    const named = await missingOf(
      ids.filter((id) => !missing.has(id)),
      describe,
    );
    if (named.length === 0) break;
    for (const id of named) missing.add(id);
  }
  return [...missing];
}

async function missingOf(ids: readonly string[], describe: (ids: readonly string[]) => Promise<unknown>) {
  try {
    await describe(ids);
    return [];
  } catch (thrown) {
    const missing = missingIds(thrown, ids);
    if (missing.length === 0) throw thrown;
    return missing;
  }
}

function missingIds(thrown: unknown, asked: readonly string[]): readonly string[] {
  const isMissing =
    thrown instanceof Error && /^Invalid(InstanceID|NetworkInterfaceID|VpcEndpointId)\.NotFound$/.test(thrown.name);
  const named = new Set(isMissing ? thrown.message.match(/\b(eni|i|vpce)-[0-9a-f]+/g) : []);
  return asked.filter((id) => named.has(id));
}
