import { domainOfUpstream, upstreamName } from '#core/names';
import { uuidOf } from '#core/uuid';
import type { Entity, HeldEntity } from '#deck/document';
import { nameOf } from '#deck/document';
import { uuidName } from '#deck/keys';
import { isGenerated, ownerOf, selectTags } from '#deck/tags';
import type { RouteAnswer, RoutingAnswer } from './answer';
import type { RoutedRequest } from './routing/conditions';
import { findRoute, type Routing, type Taker } from './routing/find-route';
import { createPatternSearch, type FindPattern } from './routing/pattern';
import { listOf } from './routing/priority';
import type { View } from './view';

/** Returns the current route of a request, and its route after the next pass, where it differs. */
export function routingsOf(
  request: RoutedRequest,
  view: View,
  find = createPatternSearch(),
): { readonly routing?: RoutingAnswer; readonly routingNext?: RoutingAnswer } {
  const now = heldRouting(view);
  const isOfAll = view.routing !== undefined;
  const routing = { isOfAll, ...answerIn(now, request, find) };
  const next = { isOfAll, ...answerIn(nextRouting(now, view), request, find) };
  const isSame = JSON.stringify(routing.route) === JSON.stringify(next.route);
  return { routing, routingNext: isSame ? undefined : next };
}

/** Returns all held routes. Where routes of people are unknown, only this owner's routes. */
function heldRouting({ routing, planned: { held } }: View): Routing {
  return routing ?? { routes: ofKind(held, 'route'), services: ofKind(held, 'service') };
}

/** Returns the routing after the plan is written. The outcome has no ids, so held ids stay. */
function nextRouting({ routes, services }: Routing, { planned: { outcome, held, report }, foreign }: View): Routing {
  if (report.refused) return { routes, services };
  const ids = new Map([...held, ...report.changes].map((one) => [nameOf(one), one.id]));
  const taken = new Set(foreign.map(nameOf));
  const ownTags = selectTags(report.owner);
  const written = outcome
    .filter((one) => !taken.has(nameOf(one)))
    .map((one: Entity) => ({ ...one, id: ids.get(nameOf(one)) ?? uuidOf(uuidName(one)) }));
  const others = (all: readonly HeldEntity[]) => all.filter(({ tags }) => !isGenerated(tags, ownTags));
  return {
    routes: [...others(routes), ...ofKind(written, 'route')],
    services: [...others(services), ...ofKind(written, 'service')],
  };
}

function ofKind(all: readonly HeldEntity[], kind: Entity['kind']): readonly HeldEntity[] {
  return all.filter((one) => one.kind === kind);
}

function answerIn(routing: Routing, request: RoutedRequest, find: FindPattern): Omit<RoutingAnswer, 'isOfAll'> {
  const services = new Map(routing.services.map((one) => [one.key, one]));
  const { taker, rule, next, documented, perhaps } = findRoute(routing, request, find);
  const routeOf = (one: Taker) => routeAnswer(one, services, request);
  return {
    route: taker && routeOf(taker),
    rule,
    next: next && routeOf(next),
    documented: documented && routeOf(documented),
    perhaps: perhaps.map(({ route, reason }) => ({ route: routeOf({ route }), reason })),
  };
}

function routeAnswer(
  { route, path }: Taker,
  services: ReadonlyMap<string, HeldEntity>,
  request: RoutedRequest,
): RouteAnswer {
  const { key: name, id, parent, tags } = route;
  const service = services.get(parent ?? '');
  const host = String(service?.fields.host ?? '');
  const domain = domainOfUpstream(host);
  const isOurs = domain !== '' && (host === upstreamName(domain) || host.endsWith(`.${upstreamName(domain)}`));
  return {
    ...{ name, id, path, service: parent, domain: isOurs ? domain : undefined, owner: ownerOf(tags) },
    answers: answersOf(route, request),
  };
}

/**
 * Returns the answer of a route that takes a request but does not serve it in this form
 * (kong/runloop/handler.lua, 3.9).
 */
function answersOf({ parent, fields }: HeldEntity, { scheme }: RoutedRequest): string | undefined {
  const protocols = listOf(fields, 'protocols');
  if (protocols.some((one) => one.startsWith('grpc'))) return 'requests that are not gRPC get 415';
  if (scheme === 'http' && protocols.includes('https') && !protocols.includes('http'))
    return `requests without TLS get ${fields.https_redirect_status_code ?? 426}`;
  return parent === undefined ? 'the route has no service: Kong answers 503 unless a plugin answers' : undefined;
}
