/**
 * Paths as domains claim them (`/sd2`: that path, and all below it), and as routes hold them. Kong
 * takes a plain path for the beginning of a text: `/sd2` would take `/sd22` too (fm-46). So a route
 * holds an anchored regular expression, and a prefix that ends with a slash.
 */

/**
 * The operators of Kong's regular expressions; its older routers refuse a backslash in front of
 * anything else.
 */
const operators = /[.+*?()[\]{}|^$\\]/g;

/**
 * What a route holds for claimed paths: `~/sd2$` and `/sd2/` for `/sd2`; the root, and regular
 * expressions of others, as they are.
 */
export function boundedPaths(claimed: readonly string[]): readonly string[] {
  return claimed.flatMap((path) => (isBounded(path) ? [path] : [`~${escaped(path)}$`, `${path}/`]));
}

/**
 * Whether a path as routes hold it takes nothing that merely begins with it; a regular expression
 * is its writer's to judge.
 */
export function isBounded(path: string): boolean {
  return path.startsWith('~') || path.endsWith('/');
}

/**
 * The claimed paths that a route's paths stand for, bounded or as versions before wrote them;
 * regular expressions of others stay.
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
