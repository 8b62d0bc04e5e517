import { dispositionOf } from './endpoint-states';
import { groupBy } from './group-by';
import type { Endpoint, Protocol, Quarantined, Snapshot, Target } from './model';
import { settlePaths } from './path-claims';
import { compareAge, compareText, formatAddress, targetsOf } from './targets';

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

/** Settles who gets which domain and path. An unknown scope takes part with what it last held. */
export function settleClaims(snapshot: Snapshot): Claims {
  const claimants = claimantsOf(snapshot);
  const agreed = settleDisagreements(claimants);
  const settled = settlePaths(agreed.endpoints);
  const domains = [...groupBy(settled.endpoints, (one) => one.domain)]
    .sort(([a], [b]) => compareText(a, b))
    .map(([name, endpoints]) => domainOf(name, endpoints))
    .filter((domain) => domain.targets.length > 0);
  return { domains, quarantined: [...agreed.quarantined, ...settled.quarantined] };
}

/** Endpoints that serve or may serve again, oldest first, each id once; one that waits for its acceptance claims nothing yet. */
function claimantsOf(snapshot: Snapshot): readonly Endpoint[] {
  const byId = new Map<string, Endpoint>();
  for (const scope of snapshot.scopes) {
    const discovered = scope.status === 'known' ? scope.discovered : scope.lastGood?.discovered;
    for (const endpoint of discovered?.endpoints ?? []) {
      const claims = dispositionOf(endpoint.state) !== 'remove' && endpoint.state !== 'pendingAcceptance';
      if (claims && !byId.has(endpoint.id)) byId.set(endpoint.id, endpoint);
    }
  }
  return [...byId.values()].sort(compareAge);
}

type Settled = { readonly endpoints: readonly Endpoint[]; readonly quarantined: readonly Quarantined[] };

/** In each domain the oldest endpoint decides protocol, host and paths; who says otherwise is quarantined. */
function settleDisagreements(claimants: readonly Endpoint[]): Settled {
  const endpoints: Endpoint[] = [];
  const quarantined: Quarantined[] = [];
  for (const group of groupBy(claimants, (one) => one.domain).values()) {
    const [oldest, ...younger] = group;
    if (oldest) endpoints.push(oldest);
    for (const endpoint of younger) {
      const difference = oldest && differenceOf(oldest, endpoint);
      if (difference) quarantined.push(disagreement(endpoint, oldest, difference));
      else endpoints.push(endpoint);
    }
  }
  return { endpoints: endpoints.sort(compareAge), quarantined };
}

const agreedFields = {
  protocol: (endpoint: Endpoint) => endpoint.protocol,
  host: (endpoint: Endpoint) => endpoint.host ?? 'none',
  path: (endpoint: Endpoint) => endpoint.paths.join(' ') || `/${endpoint.domain}`,
};

function differenceOf(oldest: Endpoint, endpoint: Endpoint): string | undefined {
  const differing = Object.entries(agreedFields).find(([, read]) => read(oldest) !== read(endpoint));
  if (!differing) return undefined;
  const [field, read] = differing;
  return `${field} ${read(endpoint)}, where the oldest endpoint ${oldest.id} says ${read(oldest)}`;
}

function disagreement(endpoint: Endpoint, oldest: Endpoint, difference: string): Quarantined {
  return {
    endpointId: endpoint.id,
    scopeId: endpoint.scopeId,
    domain: endpoint.domain,
    state: endpoint.state,
    code: 'disagreement',
    reason: `claims domain ${endpoint.domain} with ${difference}`,
    fix: `give both endpoints the same tags, or take the domain tag off ${oldest.id}`,
  };
}

function domainOf(name: string, endpoints: readonly Endpoint[]): Domain {
  const oldest = endpoints[0];
  const paths = oldest?.paths ?? [];
  return {
    name,
    protocol: oldest?.protocol ?? 'http',
    host: oldest?.host,
    paths: paths.length > 0 ? [...paths].sort(compareText) : [`/${name}`],
    stripPath: paths.length === 0,
    targets: routable(endpoints),
  };
}

/** Targets of the available endpoints, one per address: the oldest endpoint's, with the largest weight that any gives it. */
function routable(endpoints: readonly Endpoint[]): readonly Target[] {
  const byAddress = new Map<string, Target>();
  for (const target of endpoints.filter((one) => dispositionOf(one.state) === 'route').flatMap(targetsOf)) {
    const address = formatAddress(target);
    const first = byAddress.get(address);
    byAddress.set(address, first ? { ...first, weight: Math.max(first.weight, target.weight) } : target);
  }
  return [...byAddress].sort(([a], [b]) => compareText(a, b)).map(([, target]) => target);
}
