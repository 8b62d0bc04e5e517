import { settleDisagreements } from './domain-claims';
import { dispositionOf } from './endpoint-states';
import { groupBy } from './group-by';
import { type Incumbents, noIncumbents, withoutEndpoints } from './incumbents';
import type { Endpoint, Protocol, Quarantined, Snapshot, Target } from './model';
import { settlePaths } from './path-claims';
import { compareAge, compareText, formatAddress, pathsOf, targetsOf } from './targets';

/** A service domain that can be routed to: what its endpoints agree on, and their targets, one per address. */
export type Domain = {
  readonly name: string;
  readonly protocol: Protocol;
  readonly host?: string;
  /** At least one. */
  readonly paths: readonly string[];
  /** Only the default path `/<domain>` is stripped. */
  readonly stripPath: boolean;
  /** Targets of available endpoints, by address. */
  readonly targets: readonly Target[];
};

/** The snapshot after all claims are settled: domains by name, and every endpoint kept out of routing. */
export type Claims = { readonly domains: readonly Domain[]; readonly quarantined: readonly Quarantined[] };

/**
 * Settles who gets which domain and path. What serves already (`incumbents`) keeps its settings and paths against newcomers, so that
 * recreating an endpoint never hands its domain to somebody else. An unknown scope takes part with what it last held.
 */
export function settleClaims(snapshot: Snapshot, incumbents: Incumbents = noIncumbents): Claims {
  const { serving, agreed } = settleSettings(snapshot, incumbents);
  const settled = settlePaths(agreed.endpoints, serving);
  return { domains: domainsOf(settled.endpoints), quarantined: [...agreed.quarantined, ...settled.quarantined] };
}

/** The same without paths: on a data plane the control plane's routes have settled them already. */
export function settleDomains(snapshot: Snapshot, incumbents: Incumbents = noIncumbents): Claims {
  const { agreed } = settleSettings(snapshot, incumbents);
  return { domains: domainsOf(agreed.endpoints), quarantined: agreed.quarantined };
}

function settleSettings(snapshot: Snapshot, incumbents: Incumbents) {
  const gone = goneEndpoints(snapshot);
  const serving = withoutEndpoints(incumbents, gone);
  const claimants = claimantsOf(snapshot, serving).filter((one) => !gone.has(one.id));
  return { serving, agreed: settleDisagreements(claimants, serving) };
}

function domainsOf(endpoints: readonly Endpoint[]): readonly Domain[] {
  return [...groupBy(endpoints, (one) => one.domain)]
    .sort(([a], [b]) => compareText(a, b))
    .flatMap(([name, group]) => domainOf(name, group))
    .filter((domain) => domain.targets.length > 0);
}

/** Endpoints that serve, oldest first, each id once; of those in a state that holds, only who served before. */
function claimantsOf(snapshot: Snapshot, incumbents: Incumbents): readonly Endpoint[] {
  const byId = new Map<string, Endpoint>();
  for (const scope of snapshot.scopes) {
    const discovered = scope.status === 'known' ? scope.discovered : scope.lastGood?.discovered;
    for (const endpoint of discovered?.endpoints ?? []) {
      const served = incumbents.get(endpoint.domain)?.endpointIds.has(endpoint.id) === true;
      const claims = dispositionOf(endpoint.state) === 'route' || (dispositionOf(endpoint.state) === 'hold' && served);
      if (claims && !byId.has(endpoint.id)) byId.set(endpoint.id, endpoint);
    }
  }
  return [...byId.values()].sort(compareAge);
}

/** What one known scope says to be gone is gone, whatever another remembers of it. */
function goneEndpoints({ scopes, goneIds = [] }: Snapshot): ReadonlySet<string> {
  const known = scopes.flatMap((state) => (state.status === 'known' ? state.discovered.endpoints : []));
  const terminal = known.filter((one) => dispositionOf(one.state) === 'remove').map((one) => one.id);
  return new Set([...goneIds, ...terminal]);
}

function domainOf(name: string, endpoints: readonly Endpoint[]): readonly Domain[] {
  const [oldest] = endpoints;
  if (!oldest) return [];
  const { protocol, host, paths } = oldest;
  const stripPath = paths.length === 0;
  const targets = routable(endpoints);
  return [{ name, protocol, host, paths: [...pathsOf(oldest)].sort(compareText), stripPath, targets }];
}

/** Targets of the available endpoints, one per address: the oldest endpoint's, with the largest weight that any gives it. */
function routable(endpoints: readonly Endpoint[]): readonly Target[] {
  const available = endpoints.filter((one) => dispositionOf(one.state) === 'route').flatMap(targetsOf);
  return [...groupBy(available, formatAddress)]
    .sort(([a], [b]) => compareText(a, b))
    .flatMap(([, [first, ...others]]) =>
      first ? [{ ...first, weight: Math.max(first.weight, ...others.map((one) => one.weight)) }] : [],
    );
}
