import { isEmpty } from '#core/json';
import type { Json, JsonObject } from '#core/model';
import { boundedPaths, claimedPaths, isBounded } from '#core/paths';
import type { Entity } from './document';

/** The paths that a route stands for, in whatever form it holds them; undefined: it matches on something else. */
export function claimedPathsOf({ fields: { paths } }: Pick<Entity, 'fields'>): readonly string[] | undefined {
  return Array.isArray(paths) ? claimedPaths(textsOf(paths)) : undefined;
}

/** What a list holds, as texts: what is none is shown as JSON. */
export function textsOf(list: readonly Json[]): readonly string[] {
  return list.map((one) => (typeof one === 'string' ? one : JSON.stringify(one)));
}

/** The route with the same paths, bounded by segments; as it is, where one of them is no path: bounded, an empty one would take all. */
export function boundRoute(route: Entity): Entity {
  const claimed = claimedPathsOf(route);
  if (!claimed?.every((path) => /^~?\//.test(path))) return route;
  return { ...route, fields: { ...route.fields, paths: boundedPaths(claimed) } };
}

/** Whether the entity is a route that takes what merely begins with one of its paths: versions before wrote them so. */
export function isUnbounded({ kind, fields: { paths } }: Entity): boolean {
  return kind === 'route' && Array.isArray(paths) && !textsOf(paths).every(isBounded);
}

/** What a route may match on beside its paths; one that does is asked before routes with paths alone, whatever these are. */
const otherMatchers = ['hosts', 'methods', 'headers', 'snis', 'sources', 'destinations', 'expression'];

/** Whether the fields of a route let its paths have all requests, so that another route with such paths would compete. */
export function hasPathsAlone(fields: JsonObject): boolean {
  return otherMatchers.every((field) => isEmpty(fields[field] ?? null));
}
