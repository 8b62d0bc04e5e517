import type { EC2Client } from '@aws-sdk/client-ec2';
import { z } from 'zod';
import type { Scope } from '#core/model';
import { withinDeadline } from '#io/signals';
import { parseAnswer } from '../answers';
import type { CallBudget } from '../call-budget';
import { wrapAwsError } from '../errors';
import { loadEc2 } from '../sdk';

type RegionsOptions = {
  readonly scope: Scope;
  readonly client: () => Promise<EC2Client>;
  readonly budget: CallBudget;
};

const timeoutMs = 10_000;
const action = 'DescribeRegions';

const regionsAnswer = z.object({ Regions: z.array(z.object({ RegionName: z.string().min(1) })) });

/**
 * The enabled regions of the account, sorted. Throws PrivatelinkError, also without the permission.
 */
export async function readRegions(
  { scope, client, budget }: RegionsOptions,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const ask = async (abortSignal: AbortSignal) => {
    await budget.take({ ...scope, action }, abortSignal);
    const { DescribeRegionsCommand } = await loadEc2();
    return (await client()).send(new DescribeRegionsCommand({}), { abortSignal });
  };
  const answer = await wrapAwsError(`ec2:${action}`, scope, () =>
    withinDeadline(ask, { signal, timeoutMs, asked: `region ${scope.region}` }),
  );
  return parseAnswer(regionsAnswer, answer, scope)
    .Regions.map(({ RegionName }) => RegionName)
    .sort();
}
