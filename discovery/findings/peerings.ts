import { overlap } from '#core/addresses/ranges';
import { compareText } from '#core/addresses/targets';
import { groupBy } from '#core/group-by';
import type { Endpoint, Finding } from '#core/model';
import type { PeeringItem, VpcItem } from '../aws/readers/networks';

/** What is known about the networks around the instances of one scope. */
export type Networks = {
  readonly vpcs: readonly VpcItem[];
  readonly peerings: readonly PeeringItem[];
};

/**
 * VPCs with instances that their peering does not reach, or may not reach. A VPC without any
 * peering is left out, because another way may lead to it (a transit gateway).
 */
export function findUnroutable(endpoints: readonly Endpoint[], networks: Networks): readonly Finding[] {
  const byVpc = groupBy(endpoints, (endpoint) => endpoint.vpcId ?? '');
  return [...byVpc].flatMap(([vpcId, members]) => {
    const own = networks.vpcs.find((one) => one.vpcId === vpcId);
    const [first] = members;
    if (!own || !first) return [];
    const place = { scopeId: first.scopeId, endpointIds: members.map(({ id }) => id).sort(compareText) };
    return [...inactive(own, networks), ...overlapping(own, networks)].map((found) => ({ ...place, ...found }));
  });
}

type Found = Pick<Finding, 'code' | 'reason' | 'fix'>;

/** AWS lists a replaced peering for a while beside the working one. */
function inactive({ vpcId }: VpcItem, { peerings }: Networks): readonly Found[] {
  const own = peerings.filter(({ sides }) => sides.some((side) => side.vpcId === vpcId));
  if (own.some(({ status }) => status === 'active')) return [];
  return own.map(({ id, status, message }) => ({
    code: 'peering-not-active',
    reason: `peering ${id} of ${vpcId} is ${status}${message ? ` (${message})` : ''}: nothing gets through it`,
    fix:
      status === 'pending-acceptance'
        ? `accept ${id} in the account of the other side`
        : `peer ${vpcId} with the gateway's VPC again, once their address ranges differ`,
  }));
}

/**
 * Ranges that the VPC shares with the other side of a peering, in any status, or with another VPC
 * of targets. One route can lead to only one of them.
 */
function overlapping(own: VpcItem, { peerings, vpcs }: Networks): readonly Found[] {
  const sides = peerings
    .filter(({ sides }) => sides.some(({ vpcId }) => vpcId === own.vpcId))
    .flatMap((one) => one.sides);
  const others = new Map<string, VpcItem>();
  for (const one of [...sides, ...vpcs]) {
    if (one.vpcId !== own.vpcId && one.ranges.length > 0) others.set(one.vpcId, one);
  }
  return [...others.values()].flatMap((other) => {
    const pair = own.ranges.flatMap((a) => other.ranges.flatMap((b) => (overlap(a, b) ? [{ a, b }] : [])))[0];
    if (!pair) return [];
    return {
      code: 'overlapping-ranges',
      reason: `${pair.a} of ${own.vpcId} overlaps ${pair.b} of ${other.vpcId}: no route can lead from one to the other, or to both`,
      fix: `connect it with PrivateLink instead, or move its instances to another range; until then leave ${own.vpcId} out of \`allow.vpcs\` of the source`,
    };
  });
}
