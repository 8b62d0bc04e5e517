import { parseIp, withoutBrackets } from '#core/addresses/parse';
import { groupBy } from '#core/group-by';
import { isJsonObject } from '#core/json';
import type { Json } from '#core/model';
import type { HeldEntity } from '#deck/document';
import { nameInParent } from '#deck/keys';

/** A destination of a service's requests: the service's own host, or a target of its upstream. */
export type Place = {
  readonly entity: HeldEntity;
  /** A name, or an address without brackets. */
  readonly host: string;
  readonly port: number;
  readonly weight: number;
};

/** A service with its upstream, targets, routes and plugins. */
export type ServiceParts = {
  readonly service: HeldEntity;
  /** The upstream in the host of the service; absent: the host is a DNS name or an address. */
  readonly upstream?: HeldEntity;
  /** Targets of the upstream. */
  readonly targets: readonly HeldEntity[];
  readonly routes: readonly HeldEntity[];
  /** Plugins of the service and of its routes. */
  readonly plugins: readonly HeldEntity[];
  readonly places: readonly Place[];
};

/** Returns each service with its parts, in the order of `held`. */
export function servicePartsOf(held: readonly HeldEntity[]): readonly ServiceParts[] {
  const byKind = groupBy(held, ({ kind }) => kind);
  const of = (kind: HeldEntity['kind']) => byKind.get(kind) ?? [];
  const upstreams = new Map(of('upstream').map((one) => [one.key, one]));
  const targets = groupBy(of('target'), ({ parent }) => parent);
  const routes = groupBy(of('route'), ({ parent }) => parent);
  return of('service').map((service) => {
    const upstream = upstreams.get(fieldText(service.fields.host));
    const own = { service, upstream, routes: routes.get(service.key) ?? [] };
    const below = (upstream && targets.get(upstream.key)) ?? [];
    const places = upstream ? below.map(placeOfTarget) : [placeOfService(service)];
    return { ...own, targets: below, plugins: pluginsOf(own, of('plugin')), places };
  });
}

/** Returns upstreams without a service, with their places. */
export function unusedUpstreams(held: readonly HeldEntity[], used: readonly ServiceParts[]) {
  const names = new Set(used.map(({ upstream }) => upstream?.key));
  const targets = groupBy(
    held.filter(({ kind }) => kind === 'target'),
    ({ parent }) => parent,
  );
  return held
    .filter(({ kind, key }) => kind === 'upstream' && !names.has(key))
    .map((upstream) => ({ upstream, places: (targets.get(upstream.key) ?? []).map(placeOfTarget) }));
}

type Guarded = Pick<ServiceParts, 'service' | 'routes'>;

function pluginsOf({ service, routes }: Guarded, plugins: readonly HeldEntity[]): readonly HeldEntity[] {
  // decK files name the route; control planes hold its id.
  const own = new Set(routes.flatMap(({ id, key }) => [id, key]));
  return plugins.filter(({ parent, fields }) => {
    const route = isJsonObject(fields.route) ? fields.route.id : undefined;
    return parent === service.key || (typeof route === 'string' && own.has(route));
  });
}

/** Returns the destination of a service without an upstream. */
export function placeOfService(service: HeldEntity): Place {
  const { host, port } = service.fields;
  return { entity: service, host: withoutBrackets(fieldText(host)), port: numberOf(port, 80), weight: defaultWeight };
}

/** Kong's weight for a target without a weight. */
const defaultWeight = 100;
/** Kong's port for a target without a port. */
const defaultTargetPort = 8_000;

/** Returns the destination of a target. */
export function placeOfTarget(target: HeldEntity): Place {
  const address = fieldText(target.fields.target) || nameInParent(target.key);
  return { entity: target, weight: numberOf(target.fields.weight, defaultWeight), ...splitAddress(address) };
}

/** Splits `host:port`, `[ipv6]:port`, or a host alone. */
function splitAddress(address: string): Pick<Place, 'host' | 'port'> {
  const [, host = address, port] = /^(.*?)(?::(\d{1,5}))?$/.exec(address) ?? [];
  if (parseIp(address) !== undefined) return { host: address, port: defaultTargetPort };
  return { host: withoutBrackets(host), port: port === undefined ? defaultTargetPort : Number(port) };
}

/** Returns the value of a text field; empty for any other value. */
export function fieldText(value: Json | undefined): string {
  return typeof value === 'string' ? value : '';
}

function numberOf(value: Json | undefined, otherwise: number): number {
  return typeof value === 'number' ? value : otherwise;
}
