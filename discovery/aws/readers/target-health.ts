import type { ElasticLoadBalancingV2Client } from '@aws-sdk/client-elastic-load-balancing-v2';
import { z } from 'zod';
import type { AccountScope } from '../accounts';
import { optionalText, parseAnswer } from '../answers';
import type { CallBudget } from '../call-budget';
import { wrapAwsError } from '../errors';
import { readAwsList } from '../pages';
import { loadLoadBalancing } from '../sdk';

/** One target behind a load balancer. */
export type TargetItem = {
  /**
   * The zone, by the asking account's name, or `all`. AWS tells it for addresses, and not for
   * instances.
   */
  readonly zoneName?: string;
  /** AWS's word, for example `healthy`. */
  readonly state: string;
};

/** Reads the health of load balancers' targets. Throws PrivatelinkError. */
export interface TargetHealthReader {
  /** Targets of all target groups behind these load balancers. */
  listTargets(loadBalancerArns: readonly string[], signal: AbortSignal): Promise<readonly TargetItem[]>;
}

export type TargetHealthOptions = {
  readonly scope: AccountScope;
  /** Created at the first call. */
  readonly client: () => Promise<ElasticLoadBalancingV2Client>;
  readonly budget: CallBudget;
};

/** AWS's largest page of target groups. */
const pageSize = 400;

export function createTargetHealthReader(options: TargetHealthOptions): TargetHealthReader {
  return {
    listTargets: async (loadBalancerArns, signal) => {
      const groups = new Set<string>();
      for (const arn of loadBalancerArns) for (const group of await listGroups(options, arn, signal)) groups.add(group);
      const targets: TargetItem[] = [];
      for (const group of groups) targets.push(...(await listHealth(options, group, signal)));
      return targets;
    },
  };
}

const groupsPage = z
  .object({ TargetGroups: z.array(z.object({ TargetGroupArn: z.string().min(1) })), NextMarker: optionalText })
  .transform(({ TargetGroups, NextMarker }) => ({
    items: TargetGroups.map(({ TargetGroupArn }) => TargetGroupArn),
    NextToken: NextMarker,
  }));

/** ARNs of the target groups behind a load balancer. */
function listGroups({ scope, client, budget }: TargetHealthOptions, LoadBalancerArn: string, signal: AbortSignal) {
  const list = {
    action: 'elasticloadbalancing:DescribeTargetGroups',
    page: groupsPage,
    scope,
    budget,
    signal,
  } as const;
  return readAwsList(list, async (Marker) => {
    const { DescribeTargetGroupsCommand } = await loadLoadBalancing();
    const input = { LoadBalancerArn, PageSize: pageSize, Marker };
    return (await client()).send(new DescribeTargetGroupsCommand(input), { abortSignal: signal });
  });
}

const healthAnswer = z.object({
  TargetHealthDescriptions: z.array(
    z
      .object({
        Target: z.object({ AvailabilityZone: optionalText }).nullish(),
        // An unreadable target is neither healthy nor unhealthy.
        TargetHealth: z.object({ State: z.string() }).catch({ State: 'unreadable' }),
      })
      .transform(
        ({ Target, TargetHealth }): TargetItem => ({
          ...(Target?.AvailabilityZone && { zoneName: Target.AvailabilityZone }),
          state: TargetHealth.State,
        }),
      ),
  ),
});

const action = 'DescribeTargetHealth';

async function listHealth(
  { scope, client, budget }: TargetHealthOptions,
  TargetGroupArn: string,
  signal: AbortSignal,
): Promise<readonly TargetItem[]> {
  const answer = await wrapAwsError(`elasticloadbalancing:${action}`, scope, async () => {
    await budget.take({ ...scope, action }, signal);
    const { DescribeTargetHealthCommand } = await loadLoadBalancing();
    return (await client()).send(new DescribeTargetHealthCommand({ TargetGroupArn }), { abortSignal: signal });
  });
  return parseAnswer(healthAnswer, answer, scope).TargetHealthDescriptions;
}
