import { dispositionOf } from '#core/endpoint-states';
import type { EndpointState } from '#core/model';
import type { AccountScope } from '../accounts';
import type { CallBudget } from '../call-budget';
import { wrapAwsError } from '../errors';

/** How one action of EC2 is asked for ids; `describe` rejects as the SDK does. */
export type DescribeById = {
  readonly scope: AccountScope;
  readonly budget: CallBudget;
  readonly action: string;
  readonly describe: (ids: readonly string[]) => Promise<readonly Described[]>;
};

export type Described = { readonly id: string; readonly state: EndpointState };

/** Things asked for by id in one call: an answer that lists them all stays small. */
const idsPerCall = 200;

/** Of these ids, those that EC2 names as unknown or gives in a terminal state; throws PrivatelinkError when any batch is not answered. */
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

/** How often AWS is asked again without the ids that it named as unknown, before a batch is given up. */
const attempts = 5;

/**
 * What `describe` gives of those that exist; undefined when none does. AWS refuses a whole batch for one id that is gone: those that it
 * names are left out, which costs them alone (fm-11). Throws what `describe` throws.
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

/** Of these ids, those that AWS names as unknown; where it names one at a time, as many as it is asked, and the rest another time. */
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
