import { compareAge, compareText, formatAddress, pathsOf, targetsOf } from '../addresses/targets';
import { dispositionOf } from '../endpoint-states';
import type { Problem } from '../errors';
import { groupBy } from '../group-by';
import type { Endpoint, Protocol, Quarantined, Snapshot, Target } from '../model';
import { unknownScopes } from '../snapshot';
import { settleDisagreements } from './domains';
import { type Incumbents, noIncumbents, withoutEndpoints } from './incumbents';
import type { PathRights } from './path-owners';
import { settlePaths } from './paths';
import { reservedNames } from './reserved-names';
import { newestOf, type Statement, statementsOf } from './statements';
import { isGone } from './verdicts';

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

/** Domains that no endpoint may claim for now, and why: their names are taken by what people wrote. */
export type Contested = ReadonlyMap<string, Problem>;

/** What people wrote, as far as it decides about claims; `contested` absent: no domain is. */
export type Rights = Pick<PathRights, 'written' | 'unrouted'> & { readonly contested?: Contested };

/**
 * Settles who gets which domain and path. What serves already (`incumbents`) keeps its settings and paths against newcomers, so that
 * recreating an endpoint never hands its domain to somebody else. An unknown scope takes part with what it last held.
 */
export function settleClaims(
  snapshot: Snapshot,
  incumbents: Incumbents = noIncumbents,
  { contested = new Map(), ...rights }: Rights = { written: [], unrouted: new Set() },
): Claims {
  const { statements, gone, serving, agreed } = settleSettings(snapshot, incumbents);
  const names = reservedNames(statements, gone, incumbents);
  const claimants = agreed.endpoints.filter((one) => !contested.has(one.domain));
  const settled = settlePaths(claimants, { ...rights, incumbents: serving, names });
  const refused = agreed.endpoints.flatMap((one) => quarantineContested(one, contested));
  return {
    domains: domainsOf(settled.endpoints),
    quarantined: [...agreed.quarantined, ...refused, ...settled.quarantined],
  };
}

function quarantineContested({ id, scopeId, domain, state, observed }: Endpoint, contested: Contested) {
  const why = contested.get(domain);
  return why ? [{ endpointId: id, scopeId, domain, state, code: 'base-conflict', ...why, observed } as const] : [];
}

/** The same without paths: on a data plane the control plane's routes have settled them already. */
export function settleDomains(snapshot: Snapshot, incumbents: Incumbents = noIncumbents): Claims {
  const { agreed } = settleSettings(snapshot, incumbents);
  return { domains: domainsOf(agreed.endpoints), quarantined: agreed.quarantined };
}

function settleSettings(snapshot: Snapshot, incumbents: Incumbents) {
  const statements = statementsOf(snapshot);
  const gone = goneOf(snapshot, statements);
  const serving = withoutEndpoints(incumbents, gone);
  const unknown = new Set(unknownScopes(snapshot).map(({ scope }) => scope.id));
  const claimants = claimantsOf(statements, serving)
    .filter((one) => !gone.has(one.id))
    .map((one) => inScope(one, scopeInUse(one, serving, unknown) ?? one.scopeId));
  return { statements, gone, serving, agreed: settleDisagreements(claimants, serving) };
}

/** What is in use from a scope that is unknown now stays that scope's, whoever else speaks of it meanwhile. */
function scopeInUse({ id, domain }: Endpoint, incumbents: Incumbents, unknown: ReadonlySet<string>) {
  const scopeId = incumbents.get(domain)?.scopeIds?.get(id);
  return scopeId !== undefined && unknown.has(scopeId) ? scopeId : undefined;
}

function inScope(endpoint: Endpoint, scopeId: string): Endpoint {
  return endpoint.scopeId === scopeId ? endpoint : { ...endpoint, scopeId };
}

function domainsOf(endpoints: readonly Endpoint[]): readonly Domain[] {
  return [...groupBy(endpoints, (one) => one.domain)]
    .sort(([a], [b]) => compareText(a, b))
    .flatMap(([name, group]) => domainOf(name, group))
    .filter((domain) => domain.targets.length > 0);
}

/** Endpoints that serve, oldest first, each id once; of those in a state that holds, only who served before. */
function claimantsOf(statements: Statements, incumbents: Incumbents): readonly Endpoint[] {
  return [...statements.values()].flatMap((said) => claimantOf(said, incumbents) ?? []).sort(compareAge);
}

/** The endpoint as it was last observed; it belongs to the first scope that speaks of it, whichever spoke last, so that its tags stay. */
function claimantOf(said: readonly Statement[], incumbents: Incumbents): Endpoint | undefined {
  const [first] = said.filter((one) => one.endpoint);
  const newest = newestOf(said).find((one) => one.endpoint)?.endpoint;
  if (!first || !newest) return undefined;
  const disposition = dispositionOf(newest.state);
  const served = incumbents.get(newest.domain)?.endpointIds.has(newest.id) === true;
  return disposition === 'route' || (disposition === 'hold' && served) ? inScope(newest, first.scopeId) : undefined;
}

type Statements = ReturnType<typeof statementsOf>;

function goneOf(snapshot: Snapshot, statements: Statements): ReadonlySet<string> {
  const isEnded = isGone(snapshot);
  const ended = [...statements].filter(([id, said]) => isEnded(id, said)).map(([id]) => id);
  return new Set([...(snapshot.goneIds ?? []), ...ended]);
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
