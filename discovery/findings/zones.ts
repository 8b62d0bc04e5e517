import { compareText } from '#core/addresses/targets';
import { groupBy } from '#core/group-by';
import type { Endpoint, Finding } from '#core/model';

/** What is known about the networks around the endpoints of one scope. */
export type Zones = {
  /** Ids of the zones of each service, by the service's name. */
  readonly servedBy: ReadonlyMap<string, ReadonlySet<string>>;
  /** Ids of the zones in which a VPC has subnets, by VPC id. */
  readonly subnetsIn: ReadonlyMap<string, ReadonlySet<string>>;
};

/**
 * Zones in which an endpoint and its provider do not meet. Empty when the service or the VPC is not
 * known, as for a service of another region.
 */
export function findZoneMismatches(endpoints: readonly Endpoint[], zones: Zones): readonly Finding[] {
  const found = endpoints.flatMap((endpoint) => mismatchesOf(endpoint, zones));
  return [...groupBy(found, ({ code, reason }) => `${code} ${reason}`).values()].map(merge);
}

/** Joins endpoints with the same finding. */
function merge(group: readonly Finding[]): Finding {
  const [first] = group;
  if (!first) throw new Error('a group has a member');
  return { ...first, endpointIds: group.flatMap(({ endpointIds }) => endpointIds).sort(compareText) };
}

function mismatchesOf(endpoint: Endpoint, { servedBy, subnetsIn }: Zones): readonly Finding[] {
  const { id, scopeId, serviceName = '', vpcId = '' } = endpoint;
  const served = servedBy.get(serviceName);
  const own = new Set(endpoint.addresses.flatMap(({ zoneId }) => zoneId ?? []));
  if (!served || own.size === 0) return [];
  const subnets = subnetsIn.get(vpcId) ?? new Set();
  const place = { scopeId, endpointIds: [id] };
  const dead = listed([...own].filter((zone) => !served.has(zone)));
  const unserved = listed([...subnets].filter((zone) => !served.has(zone) && !own.has(zone)));
  const missing = listed([...subnets].filter((zone) => served.has(zone) && !own.has(zone)));
  return [
    finding(dead, {
      ...place,
      code: 'zone-not-served',
      reason: `the endpoint has interfaces in ${dead}, but the load balancer of ${serviceName} is not enabled there: they may not answer`,
      fix: `let the provider enable ${dead} on its network load balancer, or remove these subnets from the endpoint`,
    }),
    finding(unserved, {
      ...place,
      code: 'zone-not-served',
      reason: `${vpcId} has subnets in ${unserved}, but ${serviceName} is not offered there: data planes there call another zone`,
      fix: `let the provider enable ${unserved} on its network load balancer, then add the subnets to the endpoint`,
    }),
    finding(missing, {
      ...place,
      code: 'zone-without-interface',
      reason: `${vpcId} has subnets in ${missing}, and the provider serves there, but the endpoint has no interface there: data planes there call another zone`,
      fix: `add a subnet of ${missing} to the endpoint`,
    }),
  ].flat();
}

function listed(zoneIds: readonly string[]): string {
  return [...zoneIds].sort(compareText).join(', ');
}

function finding(zones: string, found: Finding): readonly Finding[] {
  return zones === '' ? [] : [found];
}
