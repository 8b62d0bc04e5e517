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
 * What those parts of the view tell that are known now, in the order of services; of an unknown part nothing is said. Zones are judged of endpoints in
 * `zones` alone: AWS does not tell the owner of a service in which zones an endpoint is.
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

/** Ids of the zones in which the endpoints of own sources have addresses, by endpoint id. */
export function endpointZonesIn(snapshot: Snapshot): EndpointZones {
  const endpoints = knownScopes(snapshot).flatMap(({ discovered }) => discovered.endpoints);
  const zonesOf = endpoints.map(
    ({ id, addresses }) => [id, new Set(addresses.flatMap(({ zoneId }) => zoneId ?? []))] as const,
  );
  return new Map(zonesOf.filter(([, zoneIds]) => zoneIds.size > 0));
}
