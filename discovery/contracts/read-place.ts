import { compareText } from '#core/addresses/targets';
import { concurrently } from '#io/concurrently';
import type { ConnectionItem, EndpointServiceConfiguration, EndpointServiceReader } from '../aws/readers/services';
import type { ReadZoneIds, ZoneIds } from '../aws/readers/zones';
import { createAttempt } from './attempt';
import type { ReadHealth } from './health';
import {
  type AskedService,
  connectionsOf,
  judgeConnections,
  judgePart,
  type ServiceStanding,
  unknownService,
} from './judge';
import type { ContractParts, KnownParts, PartOutcome, PartOutcomes } from './parts';
import type { ServicePlace } from './places';

export type PlaceReaders = {
  readonly reader: EndpointServiceReader;
  readonly readZoneIds: ReadZoneIds;
  readonly readHealth: ReadHealth;
};

export type PlaceOptions = PlaceReaders & {
  readonly place: ServicePlace;
  /** For each question about the place. */
  readonly timeoutMs: number;
};

/** What is known about a service before the next question. */
export type GoodsBefore = (serviceId: string) => KnownParts;

export type PlaceRead = {
  readonly outcomes: ReadonlyMap<string, PartOutcomes>;
  readonly warnings: readonly string[];
};

/**
 * Asks for all services of a place at once. A failed question affects only its own part. Rejects
 * only with the signal's reason.
 */
export async function readPlace(
  { place, reader, readZoneIds, readHealth, timeoutMs }: PlaceOptions,
  before: GoodsBefore,
  signal: AbortSignal,
): Promise<PlaceRead> {
  const { scope, serviceIds } = place;
  const attempt = createAttempt({ signal, timeoutMs, asked: `scope ${scope.id}` });
  const [services, connections, permissions] = await Promise.all([
    attempt((own) => reader.listServices(serviceIds, own)),
    attempt((own) => reader.listConnections(serviceIds, own)),
    concurrently(serviceIds, { limit: serviceIds.length, signal }, (id) =>
      attempt(
        async (own) => sortedPermissions(await reader.listPermissions(id, own)),
        unknownService({ serviceId: id, scope }),
      ),
    ),
  ]);
  const zoneIds = isNamedAlone(services) ? await readZoneIds(signal) : new Map<string, string>();
  const asked = serviceIds.map((serviceId, index) => {
    const asking = { serviceId, scope, standing: standingOf(serviceId, services) };
    const own = mapped(connections, (items) => connectionsOf(serviceId, items, before(serviceId).connections?.value));
    return {
      serviceId,
      setup: setupOf(asking, services, zoneIds),
      connections: judgeConnections(asking, own),
      permissions: judgePart(asking, permissions[index] ?? unaskedOutcome),
    };
  });
  const healths = await readHealth(asked, signal);
  const outcomes = asked.map(({ serviceId, ...one }) => [serviceId, { ...one, ...healths.get(serviceId) }] as const);
  return { outcomes: new Map(outcomes), warnings: warningsOf(place, connections, outcomes) };
}

const unaskedOutcome: PartOutcome<never> = { failure: { code: 'UNCONFIRMED', reason: 'nobody asked' } };

function mapped<T, U>(outcome: PartOutcome<T>, map: (value: T) => U): PartOutcome<U> {
  return 'value' in outcome ? { value: map(outcome.value) } : outcome;
}

function sortedPermissions(permissions: ContractParts['permissions']): ContractParts['permissions'] {
  return [...permissions].sort((one, other) => compareText(one.principal, other.principal));
}

type Services = PartOutcome<readonly EndpointServiceConfiguration[]>;

function standingOf(serviceId: string, services: Services): ServiceStanding {
  if ('failure' in services) return 'unasked';
  return services.value.some(({ id }) => id === serviceId) ? 'listed' : 'absent';
}

function isNamedAlone(services: Services): boolean {
  return 'value' in services && services.value.some((one) => one.zoneIds.length === 0 && one.zoneNames.length > 0);
}

function setupOf(asking: AskedService, services: Services, zoneIds: ZoneIds): PartOutcome<ContractParts['setup']> {
  if ('failure' in services) return services;
  const item = services.value.find(({ id }) => id === asking.serviceId);
  if (!item) return { failure: unknownService(asking) };
  const { acceptanceRequired, loadBalancerArns, misfit } = item;
  const value = { acceptanceRequired, loadBalancerArns: sorted(loadBalancerArns), zoneIds: zonesOf(item, zoneIds) };
  if (misfit === undefined) return { value };
  const reason = `scope ${asking.scope.id}: AWS gives ${item.id} in a form that cannot be read (${misfit}); what was known stays in use`;
  return { failure: { code: 'BAD_ANSWER', reason } };
}

/** Empty when the id of one zone is unknown: that zone would seem not to be served. */
function zonesOf({ zoneIds, zoneNames }: EndpointServiceConfiguration, idsByName: ZoneIds): readonly string[] {
  if (zoneIds.length > 0) return sorted(zoneIds);
  const ids = zoneNames.flatMap((name) => idsByName.get(name) ?? []);
  return ids.length === zoneNames.length ? sorted(ids) : [];
}

function sorted(texts: readonly string[]): readonly string[] {
  return [...texts].sort(compareText);
}

/** Warnings about items that belong to no known service. */
function warningsOf(
  { scope }: ServicePlace,
  connections: PartOutcome<readonly ConnectionItem[]>,
  outcomes: readonly (readonly [string, PartOutcomes])[],
): readonly string[] {
  if ('failure' in connections) return [];
  const placed = new Set(
    outcomes.flatMap(([, one]) =>
      'value' in one.connections ? one.connections.value.map(({ endpointId }) => endpointId) : [],
    ),
  );
  return connections.value
    .filter(({ serviceId, endpointId }) => serviceId === undefined && !placed.has(endpointId))
    .map(
      ({ endpointId, misfit }) =>
        `scope ${scope.id}: AWS gives the connection of ${endpointId} without its service (${misfit}): it counts for none`,
    );
}
