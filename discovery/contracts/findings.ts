import type { ContractsConfig } from '#config/contracts';
import { consumersBy } from '#core/contracts/consumers';
import type { ContractsView } from '#core/contracts/model';
import type { Snapshot } from '#core/model';
import { knownScopes } from '#core/snapshot';
import { accessFindings } from './found/access';
import { connectionFindings } from './found/connections';
import type { ContractFinding } from './found/finding';
import { healthFindings } from './found/health';
import { unconnectedFindings } from './found/unconnected';
import { type EndpointZones, zoneFindings } from './found/zones';

/**
 * Findings of the known parts of the view, in the order of services. Zones are judged only for
 * endpoints in `zones`: AWS does not tell a service's owner the zones of an endpoint.
 */
export function findingsOf(
  { services }: ContractsView,
  contracts: Pick<ContractsConfig, 'consumers' | 'accept'>,
  zones: EndpointZones = new Map(),
): readonly ContractFinding[] {
  const rules = { ...contracts, consumerOf: consumersBy(contracts.consumers) };
  return services.flatMap((service) => [
    ...connectionFindings(service, rules),
    ...accessFindings(service, rules),
    ...unconnectedFindings(service, services, rules),
    ...zoneFindings(service, zones),
    ...healthFindings(service),
  ]);
}

/** Zone ids of the addresses of own endpoints, by endpoint id. */
export function endpointZonesIn(snapshot: Snapshot): EndpointZones {
  const endpoints = knownScopes(snapshot).flatMap(({ discovered }) => discovered.endpoints);
  const zonesOf = endpoints.map(
    ({ id, addresses }) => [id, new Set(addresses.flatMap(({ zoneId }) => zoneId ?? []))] as const,
  );
  return new Map(zonesOf.filter(([, zoneIds]) => zoneIds.size > 0));
}
