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

/** A route that takes a request, with the matching path. */
export type Taker = { readonly route: HeldEntity; readonly path?: string };

/** A route that would come first if it takes the request, and the reason of the doubt. */
export type Perhaps = { readonly route: HeldEntity; readonly reason: string };

export type FoundRoute = {
  /** Absent: no certain route. */
  readonly taker?: Taker;
  /** The rule that puts it before `next`. Absent: no other route takes the request. */
  readonly rule?: Rule;
  /** The route that would take the request otherwise. */
  readonly next?: Taker;
  /** The route by the order of Kong's documentation, where it differs. */
  readonly documented?: Taker;
  /** In the order of the router. */
  readonly perhaps: readonly Perhaps[];
};

const streams: ReadonlySet<string | undefined> = new Set(['tcp', 'udp', 'tls', 'tls_passthrough']);

/** All routes of a control plane, and their services. */
export type Routing = { readonly routes: readonly HeldEntity[]; readonly services: readonly HeldEntity[] };

/**
 * Finds the route that takes a request, of all routes of a control plane, by the rules of Kong's
 * default router, flavour `traditional_compatible`.
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
    // Doubts behind a certain route do not matter.
    else if (met !== false && !first) perhaps.push({ route, reason: met });
  }
  return { taker: first && takerOf(first), perhaps };
}

/** Returns the parts of all routes. The routes of a disabled service are not in the router. */
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
