/**
 * Paths in the form of domains (`/sd2`: that path and all below it) and in the form of routes. Kong
 * matches a plain path as a prefix of the text: `/sd2` would match `/sd22` too (fm-46). So a route
 * holds an anchored regular expression, and a prefix with a slash at its end.
 */

/**
 * The operators of Kong's regular expressions. Older routers refuse a backslash in front of another
 * character.
 */
const operators = /[.+*?()[\]{}|^$\\]/g;

/**
 * A route's form of claimed paths: `~/sd2$` and `/sd2/` for `/sd2`. The root and regular
 * expressions of people stay as they are.
 */
export function boundedPaths(claimed: readonly string[]): readonly string[] {
  return claimed.flatMap((path) => (isBounded(path) ? [path] : [`~${escaped(path)}$`, `${path}/`]));
}

/**
 * Whether a route's path matches no longer names than its segments. People are responsible for
 * their regular expressions.
 */
export function isBounded(path: string): boolean {
  return path.startsWith('~') || path.endsWith('/');
}

/**
 * The claimed paths behind a route's paths, in the bounded form or in the form of earlier versions.
 * Regular expressions of people stay.
 */
export function claimedPaths(held: readonly string[]): readonly string[] {
  return [...new Set(held.map(claimedPath))];
}

function claimedPath(path: string): string {
  if (!path.startsWith('~')) return withoutTrailingSlash(path);
  const literal = path.slice(1, -1).replace(/\\(.)/g, '$1');
  return path === `~${escaped(literal)}$` ? literal : path;
}

/** `/pay/` is `/pay`; the root stays. */
export function withoutTrailingSlash(path: string): string {
  return path.length > 1 && path.endsWith('/') ? path.slice(0, -1) : path;
}

function escaped(path: string): string {
  return path.replace(operators, '\\$&');
}
