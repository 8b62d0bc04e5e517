import type { Settled } from './domain-claims';
import type { Incumbents } from './incumbents';
import type { Endpoint, Quarantined } from './model';
import { compareAge, pathsOf } from './targets';

/** The domain that a path belongs to, and all below it. */
type Owners = Map<string, string>;

type Conflict = { readonly path: string; readonly ownedPath: string; readonly owner: string };

/**
 * Decides which domain owns which path; `endpoints` agree within each domain. A path belongs to the domain whose route has it already,
 * else to whom the operator grants it by name (`allow.paths`), else to the domain it is named for, else to the oldest that asks.
 * An endpoint that wants a path of another domain, or one below it that is not granted, is quarantined and owns nothing.
 */
export function settlePaths(endpoints: readonly Endpoint[], incumbents: Incumbents): Settled {
  const owners: Owners = new Map();
  for (const [domain, { route }] of incumbents) for (const path of route?.paths ?? []) owners.set(path, domain);
  const ranks = new Map(endpoints.map((one) => [one, rankOf(one, owners)]));
  const rank = (endpoint: Endpoint) => ranks.get(endpoint) ?? 0;
  const inTurn = [...endpoints].sort((a, b) => rank(a) - rank(b) || compareAge(a, b));
  const refused = settleInTurn(inTurn, owners);
  const quarantined = [...refused].map(([endpoint, conflict]) => quarantine(endpoint, conflict));
  return { endpoints: endpoints.filter((one) => !refused.has(one)), quarantined };
}

/** Gives paths to the endpoints in turn; who is refused gets another turn when a path has become free meanwhile. */
function settleInTurn(endpoints: readonly Endpoint[], owners: Owners): ReadonlyMap<Endpoint, Conflict> {
  const refused = new Map<Endpoint, Conflict>();
  const served = new Set<string>();
  for (const endpoint of endpoints) {
    const conflict = pathsOf(endpoint).flatMap((path) => conflictAt(path, endpoint, owners) ?? [])[0];
    if (conflict) {
      refused.set(endpoint, conflict);
      continue;
    }
    // The endpoints of a domain agree on its paths.
    if (!served.has(endpoint.domain)) take(endpoint, owners);
    served.add(endpoint.domain);
  }
  const isStuck = refused.size === 0 || refused.size === endpoints.length;
  return isStuck ? refused : settleInTurn([...refused.keys()], owners);
}

/** The domain owns the endpoint's paths, and no others that its route may have had. */
function take(endpoint: Endpoint, owners: Owners): void {
  const paths = pathsOf(endpoint);
  for (const [path, domain] of owners) if (domain === endpoint.domain && !paths.includes(path)) owners.delete(path);
  for (const path of paths) owners.set(path, endpoint.domain);
}

/** The weakest of the endpoint's claims decides when it has its turn: 0 in use, 1 granted, 2 named for, 3 by age. */
function rankOf(endpoint: Endpoint, inUse: Owners): number {
  const ranks = pathsOf(endpoint).map((path) => {
    if (inUse.get(path) === endpoint.domain) return 0;
    if (endpoint.grantedPaths.includes(path)) return 1;
    return path === `/${endpoint.domain}` ? 2 : 3;
  });
  return Math.max(...ranks);
}

function conflictAt(path: string, { domain, grantedPaths }: Endpoint, owners: Owners): Conflict | undefined {
  const inTheWay = grantedPaths.includes(path) ? [path] : prefixesOf(path);
  for (const ownedPath of inTheWay) {
    const owner = owners.get(ownedPath);
    if (owner !== undefined && owner !== domain) return { path, ownedPath, owner };
    // What is below a path of one's own is one's own, whoever has what is above that.
    if (owner === domain) return undefined;
  }
  return undefined;
}

/** `/a/b` gives `/a/b` and `/a`. The root is nobody's prefix: who was granted `/` takes only what nobody else claims. */
function prefixesOf(path: string): readonly string[] {
  const segments = path.split('/').slice(1);
  return segments.map((_, index) => `/${segments.slice(0, segments.length - index).join('/')}`);
}

function quarantine({ id, scopeId, domain, state }: Endpoint, { path, ownedPath, owner }: Conflict): Quarantined {
  const fix =
    path === ownedPath ? `or retire domain ${owner}` : `or grant it by name: allow.paths: ["${path}"] of the source`;
  return {
    endpointId: id,
    scopeId,
    domain,
    state,
    code: 'path-conflict',
    reason: `claims path ${path}, but ${ownedPath} belongs to domain ${owner}`,
    fix: `choose another kong:path, ${fix}`,
  };
}
