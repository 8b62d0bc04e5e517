import { dispositionOf } from '#core/endpoint-states';
import type { EndpointState } from '#core/model';
import type { AccountScope } from '../accounts';
import type { CallBudget } from '../call-budget';
import { wrapAwsError } from '../errors';
import { findMissing } from './missing-ids';

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
