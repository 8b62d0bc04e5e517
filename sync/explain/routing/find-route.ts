import type { HeldEntity } from '#deck/document';
import { type RoutedRequest, type RouteTaking, takingOf } from './conditions';
import { routedPath } from './path';
import { createPatternSearch } from './pattern';
import {
  comparePriority,
  listOf,
  type RoutePart,
  type Rule,
  type RuleOrder,
  routePartsOf,
  ruleBetween,
} from './priority';

/** A route that takes a request, and by which of its paths. */
export type Taker = { readonly route: HeldEntity; readonly path?: string };

/** A route that would come first, were it to take the request; why nobody can tell. */
export type Perhaps = { readonly route: HeldEntity; readonly reason: string };

export type FoundRoute = {
  /** Absent: no route is sure to take it. */
  readonly taker?: Taker;
  /** By which rule it comes before `next`; absent: nothing else takes the request. */
  readonly rule?: Rule;
  /** What would take it without that route. */
  readonly next?: Taker;
  /** What takes it in the order that Kong's documentation has, where that is another route. */
  readonly documented?: Taker;
  /** In the order in which they would come. */
  readonly perhaps: readonly Perhaps[];
};

const streams: ReadonlySet<string | undefined> = new Set(['tcp', 'udp', 'tls', 'tls_passthrough']);

/** All routes of a control plane, and the services that they may lead to. */
export type Routing = { readonly routes: readonly HeldEntity[]; readonly services: readonly HeldEntity[] };

/**
 * The route that takes a request, of all routes of a control plane, by the rules of Kong's router of flavour `traditional_compatible`, which is
 * Kong's default.
 */
export function findRoute(routing: Routing, request: RoutedRequest, find = createPatternSearch()): FoundRoute {
  const matching = { asked: routedPath(request.path), find };
  const taking = (part: RoutePart) => takingOf(part, request, matching);
  const found = firstIn(partsIn('run', routing), taking);
  const { taker: documented } = firstIn(partsIn('documented', routing), taking);
  return found.taker?.route === documented?.route ? found : { ...found, documented };
}

type Found = { readonly part: RoutePart; readonly path?: string };

function firstIn(parts: readonly RoutePart[], taking: (part: RoutePart) => RouteTaking): FoundRoute {
  const perhaps: Perhaps[] = [];
  let first: Found | undefined;
  for (const part of parts) {
    const { route } = part;
    if (first?.part.route === route) continue;
    const { met, path } = taking(part);
    if (met === true && first) {
      const rule = ruleBetween(first.part, part);
      return { taker: takerOf(first), rule, next: { route, path }, perhaps };
    }
    if (met === true) first = { part, path };
    // Behind one that is sure to take it nobody has to know.
    else if (met !== false && !first) perhaps.push({ route, reason: met });
  }
  return { taker: first && takerOf(first), perhaps };
}

/** A service that is off takes none of its routes into the router. */
function partsIn(order: RuleOrder, { routes, services }: Routing): readonly RoutePart[] {
  const off = new Set(services.filter(({ fields }) => fields.enabled === false).map(({ key }) => key));
  return routes
    .filter(({ parent, fields }) => !off.has(parent ?? '') && !streams.has(listOf(fields, 'protocols')[0]))
    .flatMap((route) => routePartsOf(route, order))
    .sort(comparePriority);
}

function takerOf({ part: { route }, path }: Found): Taker {
  return { route, path };
}
