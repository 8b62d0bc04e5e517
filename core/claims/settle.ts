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

/**
 * A domain that can be routed to: the settings of its endpoints, and their targets, one for each
 * address.
 */
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

/**
 * The snapshot after all claims are settled: domains by name, and every endpoint kept out of
 * routing.
 */
export type Claims = { readonly domains: readonly Domain[]; readonly quarantined: readonly Quarantined[] };

/** Domains that no endpoint may claim now, with the reason: entities of people have their names. */
export type Contested = ReadonlyMap<string, Problem>;

/**
 * The part of people's entities that decides about claims; `contested` absent: no domain is
 * contested.
 */
export type Rights = Pick<PathRights, 'written' | 'unrouted'> & { readonly contested?: Contested };

/**
 * Settles the owner of each domain and path. Serving endpoints (`incumbents`) keep their settings
 * and paths against newcomers, so a recreated endpoint never loses its domain to another one. An
 * unknown scope takes part with its last answer.
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

/**
 * Settles claims without paths: on a data plane the control plane's routes have already settled
 * them.
 */
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

/**
 * An endpoint in use stays with its scope while the scope is unknown, even when another scope lists
 * it.
 */
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

/**
 * Returns serving endpoints, oldest first, each id once. Endpoints in a state that holds are among
 * them only if they served before.
 */
function claimantsOf(statements: Statements, incumbents: Incumbents): readonly Endpoint[] {
  return [...statements.values()].flatMap((said) => claimantOf(said, incumbents) ?? []).sort(compareAge);
}

/**
 * Returns the endpoint as last observed. The first scope in the list keeps it, so that its tags
 * stay stable.
 */
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

/**
 * Returns the targets of available endpoints, one for each address: that of the oldest endpoint,
 * with the largest weight.
 */
function routable(endpoints: readonly Endpoint[]): readonly Target[] {
  const available = endpoints.filter((one) => dispositionOf(one.state) === 'route').flatMap(targetsOf);
  return [...groupBy(available, formatAddress)]
    .sort(([a], [b]) => compareText(a, b))
    .flatMap(([, [first, ...others]]) =>
      first ? [{ ...first, weight: Math.max(first.weight, ...others.map((one) => one.weight)) }] : [],
    );
}
