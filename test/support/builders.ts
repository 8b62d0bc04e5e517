import type { Endpoint, KnownScope, Quarantined, Scope, ScopeState, Snapshot } from '#core/model';

/** Values that tests start from; each test names only what it is about. */

export const hubScope: Scope = { id: 'hub.self.us-east-1', source: 'hub', account: 'self', region: 'us-east-1' };

export function endpointOf(over: Partial<Endpoint> = {}): Endpoint {
  return {
    id: 'vpce-1',
    scopeId: hubScope.id,
    domain: 'sd2',
    state: 'available',
    createdAtMs: 1_000,
    protocol: 'http',
    port: 80,
    paths: [],
    grantedPaths: [],
    weight: 100,
    dnsNames: [],
    addresses: [
      { ip: '10.0.1.11', region: 'us-east-1', zoneId: 'use1-az1' },
      { ip: '10.0.2.11', region: 'us-east-1', zoneId: 'use1-az2' },
    ],
    ...over,
  };
}

/** Of one domain, so many that its brake lets a few go. */
export const tenEndpoints: readonly Endpoint[] = Array.from({ length: 10 }, (_, index) =>
  endpointOf({ id: `vpce-5${index}`, addresses: [{ ip: `10.0.5.${index + 1}`, region: 'us-east-1' }] }),
);

/** The same after somebody deleted them. */
export function deleted(endpoints: readonly Endpoint[]): readonly Endpoint[] {
  return endpoints.map((one) => ({ ...one, state: 'deleted' }));
}

export function knownScope(
  endpoints: readonly Endpoint[],
  quarantined: readonly Quarantined[] = [],
  scope = hubScope,
): KnownScope {
  const accountId = scope.account === 'self' ? '111111111111' : undefined;
  return { status: 'known', scope, observedAtMs: 1_000, accountId, discovered: { endpoints, quarantined } };
}

export function unknownScope(lastGood?: readonly Endpoint[], scope = hubScope, isRestored?: boolean): ScopeState {
  const kept = lastGood && { observedAtMs: 500, discovered: { endpoints: lastGood, quarantined: [] }, isRestored };
  return { status: 'unknown', scope, code: 'THROTTLED', reason: 'throttled', lastGood: kept };
}

export function snapshotOf(...scopes: readonly ScopeState[]): Snapshot {
  return { takenAtMs: 1_000, scopes };
}

/** A second region of the same account. */
export const west = { ...hubScope, id: 'hub.self.us-west-2', region: 'us-west-2' };

/** How the second region is: read, or unknown with what it held last, or with nothing. */
export const awayStates = ['none', 'none', 'west', 'westWithoutLastGood'] as const;
export type Away = (typeof awayStates)[number];

/** The region of an endpoint by its number: every other one is in the second. */
export function scopeIdOf(number: number): string {
  return number % 2 === 0 ? west.id : hubScope.id;
}

/** Both regions with these endpoints; the first is always read. */
export function twoScopes(endpoints: readonly Endpoint[], away: Away): readonly ScopeState[] {
  const of = (id: string) => endpoints.filter((one) => one.scopeId === id);
  const known = knownScope(of(west.id), [], west);
  const westState = away === 'none' ? known : unknownScope(away === 'west' ? of(west.id) : undefined, west);
  return [knownScope(of(hubScope.id)), westState];
}
