import { compareAge, pathsOf } from '../addresses/targets';
import { dispositionOf } from '../endpoint-states';
import type { Endpoint, Quarantined } from '../model';
import type { Settled } from './domains';
import { createPathOwners, isNamedFor, type Owner, type PathOwners, type PathRights } from './path-owners';

type Conflict = { readonly path: string; readonly ownedPath: string; readonly owner: Owner };

type Ground = {
  readonly owners: PathOwners;
  /** Domains whose route follows their endpoints. */
  readonly routed: ReadonlySet<string>;
} & Pick<PathRights, 'unrouted'>;

/**
 * Decides the owner of each path. `endpoints` agree within each domain. A path belongs to the
 * domain whose route has it. Otherwise `/NAME` belongs to domain NAME. Otherwise the operator's
 * grant by name (`allow.paths`) decides, else the oldest claim. Nobody can claim a path that people
 * wrote. An endpoint that claims an owned path, or an ungranted one below it, is quarantined and
 * owns nothing (docs/decisions/0004-path-ownership.md).
 */
export function settlePaths(endpoints: readonly Endpoint[], rights: PathRights): Settled {
  const owners = createPathOwners(rights);
  const ranks = new Map(endpoints.map((one) => [one, rankOf(one, owners)]));
  const rank = (endpoint: Endpoint) => ranks.get(endpoint) ?? 0;
  const inTurn = [...endpoints].sort((a, b) => rank(a) - rank(b) || compareAge(a, b));
  const routed = new Set(endpoints.filter(isRoutable).map((one) => one.domain));
  const refused = settleInTurn(inTurn, { owners, routed, unrouted: rights.unrouted });
  const quarantined = [...refused].map(([endpoint, conflict]) => quarantine(endpoint, conflict));
  return { endpoints: endpoints.filter((one) => !refused.has(one)), quarantined };
}

function isRoutable({ state, addresses }: Endpoint): boolean {
  return dispositionOf(state) === 'route' && addresses.length > 0;
}

/**
 * Assigns paths to the endpoints in turn. When an endpoint frees a path, the endpoints that were
 * refused before it get another turn first.
 */
function settleInTurn(inTurn: readonly Endpoint[], ground: Ground): ReadonlyMap<Endpoint, Conflict> {
  const queue = [...inTurn].reverse();
  const refused = new Map<Endpoint, Conflict>();
  for (let endpoint = queue.pop(); endpoint; endpoint = queue.pop()) {
    const conflict = conflictOf(endpoint, ground);
    if (conflict) refused.set(endpoint, conflict);
    else if (take(endpoint, ground)) {
      queue.push(...[...refused.keys()].reverse());
      refused.clear();
    }
  }
  return refused;
}

/**
 * Makes the domain the owner of the endpoint's paths, and frees other paths of its route, unless
 * the route stays because targets are missing. Returns whether a path became free.
 */
function take(endpoint: Endpoint, { owners, routed }: Ground): boolean {
  const { domain } = endpoint;
  const paths = pathsOf(endpoint);
  const hasFreed = routed.has(domain) && owners.free(domain, paths);
  for (const path of paths) owners.give(path, domain);
  return hasFreed;
}

/**
 * The weakest claim of the endpoint decides its turn: 0 in use, 1 own name, 2 granted, 3 by age.
 */
function rankOf(endpoint: Endpoint, owners: PathOwners): number {
  const ranks = pathsOf(endpoint).map((path) => {
    if (owners.isInUse(path, endpoint.domain)) return 0;
    if (isNamedFor(path, endpoint.domain)) return 1;
    return endpoint.grantedPaths.includes(path) ? 2 : 3;
  });
  return Math.max(...ranks);
}

function conflictOf(endpoint: Endpoint, ground: Ground): Conflict | undefined {
  for (const path of pathsOf(endpoint)) {
    const conflict = conflictAt(path, endpoint, ground);
    if (conflict) return conflict;
  }
  return undefined;
}

function conflictAt(
  path: string,
  { domain, grantedPaths }: Endpoint,
  { owners, unrouted }: Ground,
): Conflict | undefined {
  const inTheWay = grantedPaths.includes(path) ? [path] : prefixesOf(path);
  for (const ownedPath of inTheWay) {
    const owner = owners.ownerOf(ownedPath);
    if (owner?.by === 'people' && unrouted.has(domain)) continue;
    // A domain owns everything below its path, even where another domain owns the path above.
    if (owner) return owner.domain === domain ? undefined : { path, ownedPath, owner };
  }
  return undefined;
}

/**
 * Returns `/a/b` and `/a` for `/a/b`. The root is no prefix: the domain with `/` gets only paths
 * that no other domain claims.
 */
function prefixesOf(path: string): readonly string[] {
  const segments = path.split('/').slice(1);
  return segments.map((_, index) => `/${segments.slice(0, segments.length - index).join('/')}`);
}

function quarantine(endpoint: Endpoint, conflict: Conflict): Quarantined {
  const { id, scopeId, domain, state } = endpoint;
  const { path, ownedPath } = conflict;
  const ownPath = isNamedFor(path, domain) ? '' : `, or remove it: the path is then /${domain}`;
  return {
    endpointId: id,
    scopeId,
    domain,
    state,
    code: 'path-conflict',
    reason: `claims path ${path}, but ${ownedPath} ${whoHas(conflict, domain)}`,
    fix: `choose another kong:path${ownPath}${otherFix(conflict, domain)}`,
  };
}

function whoHas({ ownedPath, owner }: Conflict, domain: string): string {
  if (owner.by === 'people') return `is written in ${owner.route} of deck.base`;
  if (owner.by === 'name') return `is kept for domain ${owner.domain}`;
  return `belongs to domain ${owner.domain}${isNamedFor(ownedPath, domain) ? ', whose route had it first' : ''}`;
}

function otherFix({ path, ownedPath, owner }: Conflict, domain: string): string {
  if (path !== ownedPath) return `, or grant it by name: allow.paths: ["${path}"] of the source`;
  if (owner.by === 'people') return ', or take it out of that route';
  if (owner.by === 'name') return '';
  const retire = `or, if domain ${owner.domain} is no longer needed, retire it`;
  return isNamedFor(path, domain) ? `, or take ${path} off the kong:path of ${owner.domain}, ${retire}` : `, ${retire}`;
}
