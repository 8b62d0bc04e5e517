import type { GatewayConfig, Route, Service } from '../entities';

/** `host` in lower case, without port; `path` normalised, without query. */
export type RouteRequest = { readonly method: string; readonly host: string; readonly path: string };

export type Match = {
  readonly route: Route;
  readonly service: Service;
  /** The matched part of the path, stripped; absent: nothing stripped. */
  readonly strippedPrefix?: string;
  /** The path for the provider. */
  readonly path: string;
};

export type Router = (request: RouteRequest) => Match | undefined;

type Candidate = { readonly route: Route; readonly service: Service; readonly path?: RoutePath };

/** One path of a route. `expression`: a regular expression, anchored at its beginning. */
type RoutePath = { readonly text: string; readonly expression?: RegExp };

/**
 * Matches as Kong 3.9 does (`traditional_compatible`), on methods, hosts and paths, with path
 * handling v0. Routes with other matchers (headers, SNIs, expressions) never match. Regular
 * expressions are JavaScript's; bounded paths work in both.
 */
export function createRouter(config: Pick<GatewayConfig, 'routes' | 'services'>): Router {
  const candidates = config.routes
    .filter(isUnderstood)
    .flatMap((route) => candidatesOf(route, route.service ? config.services.get(route.service.id) : undefined))
    .sort(compareCandidates);
  return (request) => {
    const found = candidates.find((candidate) => matches(candidate, request));
    return found && matchOf(found, request.path);
  };
}

function isUnderstood({ headers, snis, expression }: Route): boolean {
  return [headers, snis, expression].every((matcher) => matcher === undefined || matcher === null);
}

/** One candidate for each path: the longest path wins, whatever its route. */
function candidatesOf(route: Route, service: Service | undefined): readonly Candidate[] {
  if (!service?.enabled) return [];
  if (route.paths.length === 0) return [{ route, service }];
  return route.paths.map((text) => ({ route, service, path: pathOf(text) }));
}

function pathOf(text: string): RoutePath {
  return text.startsWith('~') ? { text, expression: expressionOf(text.slice(1)) } : { text };
}

/** An expression unknown to JavaScript (`(?i)`) matches nothing here. */
function expressionOf(text: string): RegExp {
  try {
    return new RegExp(`^${text}`);
  } catch {
    return /(?!)/;
  }
}

/**
 * The order: more kinds of matchers, then host before path before method, then plain hosts, then
 * regular expressions by priority, then prefixes by length, then age.
 */
function compareCandidates(a: Candidate, b: Candidate): number {
  return (
    kindsOf(b).length - kindsOf(a).length ||
    sum(kindsOf(b)) - sum(kindsOf(a)) ||
    Number(hasWildcard(a)) - Number(hasWildcard(b)) ||
    regexRank(b) - regexRank(a) ||
    prefixLength(b) - prefixLength(a) ||
    a.route.created_at - b.route.created_at
  );
}

/** 0 for a prefix; Kong's priorities begin at 0 themselves. */
function regexRank({ route, path }: Candidate): number {
  return path?.expression ? route.regex_priority + 1 : 0;
}

/** The length of a regular expression says nothing. */
function prefixLength({ path }: Candidate): number {
  return path && !path.expression ? path.text.length : 0;
}

/** Kong's bits (`MATCH_RULES`): host 0x40, path 0x10, method 0x08. */
function kindsOf({ route, path }: Candidate): readonly number[] {
  const bits = [route.hosts.length > 0 ? 0x40 : 0, path === undefined ? 0 : 0x10, route.methods.length > 0 ? 0x08 : 0];
  return bits.filter((bit) => bit > 0);
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, one) => total + one, 0);
}

function hasWildcard({ route }: Candidate): boolean {
  return route.hosts.some((host) => host.includes('*'));
}

function matches({ route, path: own }: Candidate, { method, host, path }: RouteRequest): boolean {
  return (
    matchedPart(own, path) !== undefined &&
    (route.methods.length === 0 || route.methods.includes(method)) &&
    (route.hosts.length === 0 || route.hosts.some((pattern) => hostMatches(pattern, host)))
  );
}

/** The beginning of the path that matches; undefined: none does. */
function matchedPart(own: RoutePath | undefined, path: string): string | undefined {
  if (own?.expression) return own.expression.exec(path)?.[0];
  const prefix = own?.text ?? '';
  return path.startsWith(prefix) ? prefix : undefined;
}

function hostMatches(pattern: string, host: string): boolean {
  if (pattern.startsWith('*.')) return host.endsWith(pattern.slice(1));
  if (pattern.endsWith('.*')) return host.startsWith(pattern.slice(0, -1));
  return pattern.toLowerCase() === host;
}

function matchOf({ route, service, path: own }: Candidate, path: string): Match {
  const strippedPrefix = route.strip_path && own ? matchedPart(own, path) : undefined;
  return { route, service, strippedPrefix, path: providerPath(service.path ?? '/', path, strippedPrefix) };
}

/** Kong's `get_upstream_uri_v0`: exactly one slash between the service's path and the rest. */
function providerPath(base: string, path: string, strippedPrefix: string | undefined): string {
  const trimmed = base.replace(/\/$/, '');
  if (strippedPrefix === undefined) return path === '/' ? base : trimmed + path;
  const rest = path.slice(strippedPrefix.length);
  if (rest !== '') return rest.startsWith('/') ? trimmed + rest : `${trimmed}/${rest}`;
  const keepsSlash = path.endsWith('/') && (path !== '/' || base.endsWith('/'));
  return keepsSlash ? `${trimmed}/` : trimmed || '/';
}
