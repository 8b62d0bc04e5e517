import type { Ec2InstancesConfig, SourceConfig, VpcEndpointsConfig } from '#config/schema';
import { compareText } from '#core/addresses/targets';
import { messageOf } from '#core/errors';
import { groupBy } from '#core/group-by';
import type { Endpoint, Finding, Snapshot } from '#core/model';
import { knownScopes } from '#core/snapshot';
import { concurrently } from '#io/concurrently';
import { withinDeadline } from '#io/signals';
import { type AccountScope, accountScopes } from '../aws/accounts';
import type { EndpointServiceItem, NetworkReader } from '../aws/readers/networks';
import type { ReadZoneIds } from '../aws/readers/zones';
import { findUnroutable, type Networks } from './peerings';
import { findZoneMismatches, type Zones } from './zones';

/**
 * Returns the snapshot with its findings. An unreadable part becomes a warning. Rejects only with
 * the signal's reason.
 */
export type AddFindings = (snapshot: Snapshot, signal: AbortSignal) => Promise<Snapshot>;

type NetworkConfig = VpcEndpointsConfig | Ec2InstancesConfig;
type Readers = { readonly reader: NetworkReader; readonly readZoneIds: ReadZoneIds };

export type FindingsDependencies = {
  readonly readersOf: (scope: AccountScope, config: NetworkConfig) => Readers;
};

/** The facts around the endpoints of one scope. */
type Facts = Zones & Networks;
type Seen = { readonly endpoints: readonly Endpoint[]; readonly facts: Facts; readonly warning?: string };

const nothing: Facts = { servedBy: new Map(), subnetsIn: new Map(), vpcs: [], peerings: [] };

/** Scopes that are looked at concurrently; discovery reads as many. */
const concurrency = 4;

/**
 * Looks at the networks around discovered endpoints. Routing never depends on it
 * (docs/decisions/0014).
 */
export function createFindings(sources: readonly SourceConfig[], { readersOf }: FindingsDependencies): AddFindings {
  const lookers = sources.filter(isNetwork).flatMap((config) =>
    accountScopes(config).map((scope) => {
      const readers = readersOf(scope, config);
      const read = config.type === 'vpc-endpoints' ? readZones : readNetworks;
      return createLooker(scope, (endpoints, signal) => read(readers, endpoints, signal));
    }),
  );
  return async (snapshot, signal) => {
    const seen = await concurrently(lookers, { limit: concurrency, signal }, (look, own) => look(snapshot, own));
    const { warnings = [] } = snapshot;
    return {
      ...snapshot,
      findings: findAll(seen),
      warnings: [...warnings, ...inOne(seen.flatMap(({ warning }) => warning ?? []))],
    };
  };
}

/**
 * One warning for all scopes: an identity without permission for one scope usually lacks it for the
 * others too.
 */
function inOne([first, ...others]: readonly string[]): readonly string[] {
  if (first === undefined) return [];
  return [others.length > 0 ? `${first} (and so for ${others.length} more scopes)` : first];
}

function isNetwork(config: SourceConfig): config is NetworkConfig {
  return config.type === 'vpc-endpoints' || config.type === 'ec2-instances';
}

/** Compares ranges of VPCs across scopes, because the gateway has only one route for each range. */
function findAll(seen: readonly Seen[]): readonly Finding[] {
  const vpcs = seen.flatMap(({ facts }) => facts.vpcs);
  return seen.flatMap(({ endpoints, facts }) => [
    ...findZoneMismatches(endpoints, facts),
    ...findUnroutable(endpoints, { ...facts, vpcs }),
  ]);
}

type Read = (endpoints: readonly Endpoint[], signal: AbortSignal) => Promise<Facts>;

/** Time of one scope as a whole, because people wait for it. */
const timeoutMs = 15_000;

function createLooker(scope: AccountScope, read: Read) {
  return async (snapshot: Snapshot, signal: AbortSignal): Promise<Seen> => {
    const endpoints = endpointsOf(snapshot, scope.id);
    if (endpoints.length === 0) return { endpoints, facts: nothing };
    const deadline = { signal, timeoutMs, asked: `scope ${scope.id}` };
    try {
      return { endpoints, facts: await withinDeadline((own) => read(endpoints, own), deadline) };
    } catch (thrown) {
      signal.throwIfAborted();
      const warning = `nothing is said about the networks of scope ${scope.id}, routing goes on: ${messageOf(thrown)}`;
      return { endpoints, facts: nothing, warning };
    }
  };
}

function endpointsOf(snapshot: Snapshot, scopeId: string): readonly Endpoint[] {
  const known = knownScopes(snapshot).find(({ scope }) => scope.id === scopeId);
  return known?.discovered.endpoints.filter((one) => one.addresses.length > 0) ?? [];
}

function namesOf(endpoints: readonly Endpoint[], field: 'serviceName' | 'vpcId'): readonly string[] {
  return [...new Set(endpoints.flatMap((one) => one[field] ?? []))].sort(compareText);
}

async function readZones({ reader, readZoneIds }: Readers, endpoints: readonly Endpoint[], signal: AbortSignal) {
  const services = await reader.listServices(namesOf(endpoints, 'serviceName'), signal);
  const subnets = await reader.listSubnets(namesOf(endpoints, 'vpcId'), signal);
  const isNamed = services.some(({ zoneIds, zoneNames }) => zoneIds.length === 0 && zoneNames.length > 0);
  const idsByName = isNamed ? await readZoneIds(signal) : new Map<string, string>();
  const grouped = groupBy(subnets, ({ vpcId }) => vpcId);
  return {
    ...nothing,
    servedBy: new Map(services.flatMap((service) => servedBy(service, idsByName))),
    subnetsIn: new Map([...grouped].map(([vpcId, own]) => [vpcId, new Set(own.map(({ zoneId }) => zoneId))])),
  };
}

/** Empty when the id of one zone is not known: that zone would seem not to be served. */
function servedBy(
  { name, zoneIds, zoneNames }: EndpointServiceItem,
  idsByName: ReadonlyMap<string, string>,
): readonly (readonly [string, ReadonlySet<string>])[] {
  const ids = zoneIds.length > 0 ? zoneIds : zoneNames.flatMap((zone) => idsByName.get(zone) ?? []);
  return ids.length > 0 && ids.length >= zoneNames.length ? [[name, new Set(ids)]] : [];
}

async function readNetworks({ reader }: Readers, endpoints: readonly Endpoint[], signal: AbortSignal) {
  const vpcs = await reader.listVpcs(namesOf(endpoints, 'vpcId'), signal);
  return { ...nothing, vpcs, peerings: await reader.listPeerings(signal) };
}
