import type { Endpoint, Quarantined } from './model';
import { compareAge } from './targets';

type PathClaim = { readonly path: string; readonly domain: string; readonly endpoint: Endpoint; readonly rank: Rank };

/** Who comes first at a path: a grant of the operator, then the domain that the path is named for, then age. */
type Rank = 0 | 1 | 2;

/**
 * Decides which domain owns which path; `endpoints` agree within each domain and are ordered by age.
 * A path belongs to its first claimant, and so does all below it, unless the source's `allow.paths` grants it by name.
 */
export function settlePaths(endpoints: readonly Endpoint[]): {
  readonly endpoints: readonly Endpoint[];
  readonly quarantined: readonly Quarantined[];
} {
  const owners = new Map<string, PathClaim>();
  const refused = new Map<string, Quarantined>();
  for (const claim of endpoints.flatMap(claimsOf).sort(compareClaims)) {
    const owner = ownerOf(claim, owners);
    if (!owner) owners.set(claim.path, claim);
    else if (!refused.has(claim.endpoint.id)) refused.set(claim.endpoint.id, conflict(claim, owner));
  }
  return { endpoints: endpoints.filter((one) => !refused.has(one.id)), quarantined: [...refused.values()] };
}

function claimsOf(endpoint: Endpoint): readonly PathClaim[] {
  const ownPath = `/${endpoint.domain}`;
  const paths = endpoint.paths.length > 0 ? endpoint.paths : [ownPath];
  return paths.map((path) => {
    const rank = endpoint.grantedPaths.includes(path) ? 0 : path === ownPath ? 1 : 2;
    return { path, domain: endpoint.domain, endpoint, rank };
  });
}

function compareClaims(a: PathClaim, b: PathClaim): number {
  return a.rank - b.rank || compareAge(a.endpoint, b.endpoint);
}

/** The claim of another domain that stands in the way: at the path itself, or above it unless the path is granted. */
function ownerOf(claim: PathClaim, owners: ReadonlyMap<string, PathClaim>): PathClaim | undefined {
  const inTheWay = claim.rank === 0 ? [claim.path] : prefixesOf(claim.path);
  return inTheWay.map((path) => owners.get(path)).find((owner) => owner && owner.domain !== claim.domain);
}

/** `/a/b` gives `/a/b` and `/a`. The root is nobody's prefix: who was granted `/` takes only what nobody else claims. */
function prefixesOf(path: string): readonly string[] {
  const segments = path.split('/').slice(1);
  return segments.map((_, index) => `/${segments.slice(0, segments.length - index).join('/')}`);
}

function conflict(claim: PathClaim, owner: PathClaim): Quarantined {
  return {
    endpointId: claim.endpoint.id,
    scopeId: claim.endpoint.scopeId,
    domain: claim.domain,
    state: claim.endpoint.state,
    code: 'path-conflict',
    reason: `claims path ${claim.path}, but ${owner.path} belongs to domain ${owner.domain} (endpoint ${owner.endpoint.id})`,
    fix: `choose another kong:path, or grant it by name: allow.paths: ["${claim.path}"] of the source`,
  };
}
