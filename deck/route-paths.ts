import { isEmpty } from '#core/json';
import type { Json, JsonObject } from '#core/model';
import { boundedPaths, claimedPaths, isBounded } from '#core/paths';
import type { Entity } from './document';

/**
 * The claimed paths of a route, in any form; undefined when the route matches on something else.
 */
export function claimedPathsOf({ fields: { paths } }: Pick<Entity, 'fields'>): readonly string[] | undefined {
  return Array.isArray(paths) ? claimedPaths(textsOf(paths)) : undefined;
}

/** The items of a list as texts. Any other item is shown as JSON. */
export function textsOf(list: readonly Json[]): readonly string[] {
  return list.map((one) => (typeof one === 'string' ? one : JSON.stringify(one)));
}

/**
 * Returns the route with its paths bounded by segments. When one of them is not a path, the route
 * stays as it is: a bounded empty path would match everything.
 */
export function boundRoute(route: Entity): Entity {
  const claimed = claimedPathsOf(route);
  if (!claimed?.every((path) => /^~?\//.test(path))) return route;
  return { ...route, fields: { ...route.fields, paths: boundedPaths(claimed) } };
}

/**
 * Whether the entity is a route with a path that also matches longer names. Earlier versions wrote
 * such routes.
 */
export function isUnbounded({ kind, fields: { paths } }: Entity): boolean {
  return kind === 'route' && Array.isArray(paths) && !textsOf(paths).every(isBounded);
}

/**
 * Other fields that a route may match on. Kong tries a route with one of them before routes with
 * only paths.
 */
const otherMatchers = ['hosts', 'methods', 'headers', 'snis', 'sources', 'destinations', 'expression'];

/** Whether a route matches on paths alone, and so competes with other such routes. */
export function hasPathsAlone(fields: JsonObject): boolean {
  return otherMatchers.every((field) => isEmpty(fields[field] ?? null));
}
