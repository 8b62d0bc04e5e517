import { compareText, formatAddress, ipOfAddress } from '#core/addresses/targets';
import { groupBy } from '#core/group-by';
import type { Snapshot } from '#core/model';
import { upstreamName } from '#core/names';
import { isProtocol } from '#core/protocols';
import { lastGoodOf } from '#core/snapshot';
import { choicesInUse, liveReach } from '#data-plane/reach/reach';
import { type Choice, type DomainRoute, type Routes, resolveRoutes } from '#data-plane/reach/resolve';
import { zoneOf } from '#deck/affinity';
import type { HeldEntity } from '#deck/document';
import { nameInParent } from '#deck/keys';
import { eachOriginOf } from '#deck/tags';
import { isNameTarget, viaOf } from '#deck/via';
import { sparesBeside, srvShares } from '#resolver/answers/answer';
import type { ZonePick } from './answer';
import type { View } from './view';

/**
 * Returns the destinations of a domain's requests: by the control plane, and by a data plane in
 * each zone.
 */
export function picksOf(domain: string, view: View, zone?: string): readonly ZonePick[] {
  const { planned, config } = view;
  const previous = heldRoutes(planned.held, planned.snapshot);
  const routeIn = (zoneId: string | undefined) => resolveRoutes(planned.snapshot, zoneId, previous).get(domain);
  const anywhere = routeIn(undefined);
  const by = viaOf(config.domains[domain], config.via) === 'resolver' ? 'resolver' : 'plugin';
  const zones = [...new Set((anywhere?.choices ?? []).flatMap(({ zoneId }) => zoneId ?? []))].sort(compareText);
  const asked = zone === undefined ? zones : [zone];
  return [
    ...upstreamPicks(domain, view, zone),
    ...(asked.length > 0 ? asked : [undefined]).flatMap((zoneId) => {
      const route = routeIn(zoneId);
      return route ? [{ by, zoneId, targets: targetsIn(route, by) } as const] : [];
    }),
  ];
}

/** Returns the tier in use and, for the resolver, its spares. */
function targetsIn(route: DomainRoute, by: 'plugin' | 'resolver'): ZonePick['targets'] {
  const reach = liveReach(route, { seenOf: () => ({ observedAtMs: 0 }), down: new Set() }, undefined);
  const inUse = choicesInUse(reach, true, anyAgeMs);
  const shares =
    by === 'resolver'
      ? srvShares(inUse, sparesBeside(reach, inUse, anyAgeMs))
      : inUse.map((choice) => ({ choice, weight: choice.weight }));
  return withPercent(
    shares.map(({ choice: { ip, port, zoneId, endpointId }, weight }) => ({
      ...{ address: formatAddress({ ip, port }), zoneId, endpointId, weight },
    })),
  );
}

/** Accepts confirmations of any age. */
const anyAgeMs = Number.NEGATIVE_INFINITY;

type Weighted = Omit<ZonePick['targets'][number], 'percent'> & { readonly weight: number };

function withPercent(all: readonly Weighted[]): ZonePick['targets'] {
  const total = all.reduce((sum, { weight }) => sum + weight, 0);
  return all.map(({ weight, ...one }) => ({
    ...one,
    percent: total === 0 ? 0 : Math.round((weight / total) * 1_000) / 10,
  }));
}

/** Returns the shares of Kong's balancer over the held targets of each upstream. */
function upstreamPicks(domain: string, { planned: { held, snapshot } }: View, zone?: string): readonly ZonePick[] {
  const targets = held.filter((one) => one.kind === 'target' && one.domain === domain);
  const zones = zonesIn(snapshot);
  return [...groupBy(targets, ({ parent = '' }) => parent)].flatMap(([upstream, group]) => {
    const [first] = group;
    const zoneId = first && zoneOf(first);
    if (zone !== undefined && zoneId !== undefined && zoneId !== zone) return [];
    const all = group.map((target) => weightedOf(target, zones));
    return [{ by: 'upstream', zoneId, upstream, targets: withPercent(all) } as const];
  });
}

function weightedOf(target: HeldEntity, zones: ReadonlyMap<string, Place>): Weighted {
  const address = nameInParent(target.key);
  const [origin, ...others] = eachOriginOf(target.tags);
  const endpointId = others.length === 0 ? origin?.endpointId : undefined;
  const zoneId = zones.get(`${endpointId} ${ipOfAddress(address)}`)?.zoneId;
  // Failover targets get nothing while other targets are healthy.
  const weight = target.fields.failover === true ? 0 : Number(target.fields.weight ?? 100);
  return { address, zoneId, endpointId, weight };
}

type Place = { readonly region: string; readonly zoneId?: string };

/** Returns the place of each address, by endpoint and IP address. */
function zonesIn({ scopes }: Snapshot): ReadonlyMap<string, Place> {
  const endpoints = scopes.flatMap((state) => lastGoodOf(state)?.discovered.endpoints ?? []);
  return new Map(
    endpoints.flatMap(({ id, addresses }) =>
      addresses.map(({ ip, region, zoneId }) => [`${id} ${ip}`, { region, zoneId }] as const),
    ),
  );
}

/**
 * Returns the routes that running data planes have resolved, as far as the control plane shows.
 * Data planes hold uncertain endpoints too.
 */
function heldRoutes(held: readonly HeldEntity[], snapshot: Snapshot): Routes {
  const places = zonesIn(snapshot);
  const choices = groupBy(
    held.filter((one) => one.kind === 'target' && zoneOf(one) === undefined && !isNameTarget(one)),
    ({ domain }) => domain,
  );
  const upstreams = new Map(held.filter(isOwnUpstream).map((one) => [one.domain, one]));
  const services = new Map(held.filter(({ kind }) => kind === 'service').map((one) => [one.domain, one]));
  return new Map(
    [...choices].map(([domain, targets]) => {
      const protocol = String(services.get(domain)?.fields.protocol ?? '');
      const host = String(upstreams.get(domain)?.fields.host_header ?? upstreamName(domain));
      const route = { host, tiers: [], choices: targets.flatMap((target) => choiceOf(target, places)) };
      return [domain, { ...route, protocol: isProtocol(protocol) ? protocol : 'http' }];
    }),
  );
}

function isOwnUpstream(one: HeldEntity): boolean {
  return one.kind === 'upstream' && zoneOf(one) === undefined;
}

function choiceOf(target: HeldEntity, places: ReadonlyMap<string, Place>): readonly Choice[] {
  const address = nameInParent(target.key);
  const ip = ipOfAddress(address);
  const [
    {
      endpointId,
      scopeIds: [scopeId],
    } = { endpointId: '', scopeIds: [] },
  ] = eachOriginOf(target.tags);
  if (ip === undefined || scopeId === undefined) return [];
  const { region = '', zoneId } = places.get(`${endpointId} ${ip}`) ?? {};
  const port = Number(/\d+$/.exec(address)?.[0]);
  return [
    { ip, port, host: '', weight: Number(target.fields.weight ?? 100) || 1, endpointId, scopeId, region, zoneId },
  ];
}
