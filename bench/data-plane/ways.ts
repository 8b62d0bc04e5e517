import type { Domain } from '#core/claims/settle';
import { writeTable } from '#core/contracts/table';
import type { JsonObject } from '#core/model';
import { callersPluginName, resolverName, upstreamName, zoneUpstreamName } from '#core/names';
import { routeFields, serviceFields, upstreamFields } from '#deck/fields';

/**
 * Ways of a request to its address: one route of one Kong for each. All ways pass Kong's own
 * balancer, which has a cost too.
 */
export const ways = {
  bare: 'service with the address, no upstream',
  alone: 'no plugin (control plane alone)',
  resolver: 'resolver',
  zone: 'zone plugin',
  server: 'plugin server',
  callers10: 'callers plugin, 10 endpoints',
  callers1000: 'callers plugin, 1,000 endpoints',
  callers10000: 'callers plugin, 10,000 endpoints',
} as const;

/** Endpoints in the table of each way that judges callers. */
export const tableSizes = { callers10: 10, callers1000: 1_000, callers10000: 10_000 } as const;
export type CallersWay = keyof typeof tableSizes;
export const callersWays = Object.keys(tableSizes) as readonly CallersWay[];

/**
 * The caller in the load balancer's header of every connection: an endpoint in the middle of each
 * table.
 */
export const caller = idOf(tableSizes.callers10 / 2);

export type Way = keyof typeof ways;

export const zoneIds = ['use1-az1', 'use1-az2', 'use1-az3'] as const;
export const ownZone = zoneIds[0];
export const suffix = 'privatelink.internal';

/** Addresses of the one endpoint of each domain: one in each zone, on one port. */
export type Place = { readonly addresses: readonly string[]; readonly port: number };

/** Under least connections a hostname target loses requests when DNS changes. */
const roundRobin: JsonObject = { algorithm: 'round-robin' };

/** Kong's configuration, as the product writes it: a domain for each way, with the way's name. */
export function declarationOf({ addresses, port }: Place): JsonObject {
  const upstreams = [
    ...(['alone', 'resolver', 'zone', 'server', ...callersWays] as const).map((way) => upstreamOf(way, targetsOf(way))),
    zoneUpstream(),
  ];
  return { _format_version: '3.0', upstreams, services: (Object.keys(ways) as Way[]).map(serviceOf) };

  function targetsOf(way: Way): readonly JsonObject[] {
    if (way === 'resolver') return [{ target: `_http._tcp.${resolverName(way, suffix)}:80`, weight: 100 }];
    return addresses.map((ip) => ({ target: `${ip}:${port}`, weight: 100 }));
  }

  function upstreamOf(way: Way, targets: readonly JsonObject[]): JsonObject {
    const fields = upstreamFields(domainOf(way), {});
    return { ...fields, ...(way === 'resolver' ? roundRobin : {}), targets };
  }

  /** In the form of `affinity: weighted`. */
  function zoneUpstream(): JsonObject {
    const name = zoneUpstreamName(ownZone, 'zone');
    const targets = addresses.map((ip, zone) => ({ target: `${ip}:${port}`, weight: zone === 0 ? 1_000 : 1 }));
    return { ...upstreamOf('zone', targets), name };
  }

  function serviceOf(way: Way): JsonObject {
    const [address = ''] = addresses;
    return {
      ...serviceFields(domainOf(way), {}),
      ...(way === 'bare' ? { host: address, port } : { host: upstreamName(way) }),
      routes: [routeFields(domainOf(way))],
      plugins: pluginsOf(way),
    };
  }
}

function pluginsOf(way: Way): readonly JsonObject[] {
  if (way === 'zone') return [{ name: 'privatelink-zone', config: { domain: way } }];
  if (isCallersWay(way))
    return [{ name: callersPluginName, config: { domain: way, ...callersConfig(tableSizes[way]) } }];
  if (way === 'server') return [{ name: 'privatelink', config: { domain: way, mode: 'target' } }];
  return [];
}

function isCallersWay(way: Way): way is CallersWay {
  return way in tableSizes;
}

/** An enforced contract of 50 consumers. */
function callersConfig(endpoints: number): JsonObject {
  const entries = Array.from({ length: endpoints }, (_, index) => ({
    consumer: `consumer-${index % 50}`,
    account: String(100_000_000_000 + (index % 50)),
    endpointId: idOf(index),
  }));
  return { mode: 'enforce', on_missing: 'reject', callers: writeTable(entries) };
}

function idOf(index: number): string {
  return `vpce-${index.toString(16).padStart(17, '0')}`;
}

function domainOf(name: string): Domain {
  return { name, protocol: 'http', paths: [`/${name}`], stripPath: true, targets: [] };
}
