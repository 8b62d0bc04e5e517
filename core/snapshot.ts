import type { Endpoint, KnownScope, LastGood, Quarantined, ScopeState, Snapshot, UnknownScope } from './model';

type Scopes = Pick<Snapshot, 'scopes'>;

/** Returns the content of the scope, or its last known content. */
export function lastGoodOf(state: ScopeState): LastGood | undefined {
  return state.status === 'known' ? state : state.lastGood;
}

/**
 * Whether this process has read the scope since its start. Content from disk is the answer of an
 * earlier process (fm-07).
 */
export function hasAnswered(state: ScopeState): boolean {
  const good = lastGoodOf(state);
  return good !== undefined && !good.isRestored;
}

/** Returns all that is known of each scope, by scope id. */
export function statesById({ scopes }: Scopes): ReadonlyMap<string, ScopeState> {
  return new Map(scopes.map((state) => [state.scope.id, state]));
}

/** In order, as the snapshot has them. */
export function knownScopes({ scopes }: Scopes): readonly KnownScope[] {
  return scopes.filter((state) => state.status === 'known');
}

/** In order, as the snapshot has them. */
export function unknownScopes({ scopes }: Scopes): readonly UnknownScope[] {
  return scopes.filter((state) => state.status === 'unknown');
}

/** The endpoints of all known scopes. */
export function knownEndpoints(snapshot: Scopes): readonly Endpoint[] {
  return knownScopes(snapshot).flatMap(({ discovered }) => discovered.endpoints);
}

/** Returns endpoints that known scopes quarantine, before claims are settled. */
export function knownQuarantined(snapshot: Scopes): readonly Quarantined[] {
  return knownScopes(snapshot).flatMap(({ discovered }) => discovered.quarantined);
}

/** Returns endpoints that scopes quarantine, as last known. */
export function lastQuarantined({ scopes }: Scopes): readonly Quarantined[] {
  return scopes.flatMap((state) => lastGoodOf(state)?.discovered.quarantined ?? []);
}
