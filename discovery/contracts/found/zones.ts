import { compareText } from '#core/addresses/targets';
import type { ServiceState } from '#core/contracts/model';
import type { ContractFinding } from './finding';
import { isLive } from './rules';

/** Zone ids of an endpoint's addresses, by endpoint id. */
export type EndpointZones = ReadonlyMap<string, ReadonlySet<string>>;

/**
 * Endpoints with addresses in zones that the service does not serve. Empty when one side is
 * unknown, or the endpoint is in another region.
 */
export function zoneFindings(
  { serviceId, region, setup, connections }: ServiceState,
  zones: EndpointZones,
): readonly ContractFinding[] {
  if (setup.status === 'unknown' || connections.status === 'unknown') return [];
  const served = new Set(setup.value.zoneIds);
  if (served.size === 0) return [];
  const listed = (zoneIds: Iterable<string>) => [...zoneIds].sort(compareText).join(', ');
  return connections.value.filter(isLive).flatMap(({ endpointId, account, region: own = region }) => {
    const unserved = [...(zones.get(endpointId) ?? [])].filter((zoneId) => !served.has(zoneId));
    if (unserved.length === 0 || own !== region) return [];
    return {
      code: 'zones-apart' as const,
      serviceId,
      endpointId,
      ...(account && { account }),
      reason: `endpoint ${endpointId} has addresses in ${listed(unserved)}, and ${serviceId} serves ${listed(served)}: they may not answer`,
      fix: `enable ${listed(unserved)} on the network load balancer of ${serviceId}, or take these subnets off the endpoint`,
    };
  });
}
