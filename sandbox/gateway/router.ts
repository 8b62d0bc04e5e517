import type { GatewayConfig, Route, Service } from './entities';

/** `host` in lower case, without port; `path` normalised, without query. */
export type RouteRequest = { readonly method: string; readonly host: string; readonly path: string };

export type Match = {
  readonly route: Route;
  readonly service: Service;
  /** The configured path that was taken off, if any. */
  readonly strippedPrefix?: string;
  /** What the provider is asked for. */
  readonly path: string;
};

export type Router = (request: RouteRequest) => Match | undefined;

type Candidate = { readonly route: Route; readonly service: Service; readonly prefix?: string };

/**
 * Matches as Kong's traditional router does, on methods, hosts and plain path prefixes, with path handling v0; routes with matchers
 * beyond these (headers, SNIs, expressions, regular expressions) never match.
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

/** One for each path, so that the longest path wins whatever route it belongs to. */
function candidatesOf(route: Route, service: Service | undefined): readonly Candidate[] {
  if (!service?.enabled) return [];
  if (route.paths.length === 0) return [{ route, service }];
  return route.paths.filter((path) => !path.startsWith('~')).map((prefix) => ({ route, service, prefix }));
}

/** More kinds of matchers first, then host before path before method, then plain hosts, then the longest path, then age. */
function compareCandidates(a: Candidate, b: Candidate): number {
  return (
    kindsOf(b).length - kindsOf(a).length ||
    sum(kindsOf(b)) - sum(kindsOf(a)) ||
    Number(hasWildcard(a)) - Number(hasWildcard(b)) ||
    (b.prefix?.length ?? 0) - (a.prefix?.length ?? 0) ||
    a.route.created_at - b.route.created_at
  );
}

/** Kong's bits (`MATCH_RULES`): host 0x40, path 0x10, method 0x08. */
function kindsOf({ route, prefix }: Candidate): readonly number[] {
  const bits = [
    route.hosts.length > 0 ? 0x40 : 0,
    prefix === undefined ? 0 : 0x10,
    route.methods.length > 0 ? 0x08 : 0,
  ];
  return bits.filter((bit) => bit > 0);
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, one) => total + one, 0);
}

function hasWildcard({ route }: Candidate): boolean {
  return route.hosts.some((host) => host.includes('*'));
}

function matches({ route, prefix = '' }: Candidate, { method, host, path }: RouteRequest): boolean {
  return (
    path.startsWith(prefix) &&
    (route.methods.length === 0 || route.methods.includes(method)) &&
    (route.hosts.length === 0 || route.hosts.some((pattern) => hostMatches(pattern, host)))
  );
}

function hostMatches(pattern: string, host: string): boolean {
  if (pattern.startsWith('*.')) return host.endsWith(pattern.slice(1));
  if (pattern.endsWith('.*')) return host.startsWith(pattern.slice(0, -1));
  return pattern.toLowerCase() === host;
}

function matchOf({ route, service, prefix }: Candidate, path: string): Match {
  const strippedPrefix = route.strip_path ? prefix : undefined;
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
