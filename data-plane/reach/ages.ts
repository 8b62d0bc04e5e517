import { newestOf, statementsOf } from '#core/claims/statements';
import type { Observed, Snapshot } from '#core/model';
import { lastGoodOf } from '#core/snapshot';

/** What an age is of: a scope, or what a scope relays of another. */
export type AgeKey = string;

/** Milliseconds. */
export type Ages = readonly (readonly [key: AgeKey, ageMs: number])[];

/** The age of each scope that was ever known, and of all that it relays, by who observed it (fm-40). */
export function agesOf({ takenAtMs, scopes }: Snapshot): Ages {
  const ages = new Map<AgeKey, number>();
  const note = (key: AgeKey, atMs: number) => ages.set(key, Math.max(ages.get(key) ?? 0, takenAtMs - atMs));
  for (const state of scopes) {
    const good = lastGoodOf(state);
    if (!good) continue;
    note(state.scope.id, good.observedAtMs);
    for (const { observed } of [...good.discovered.endpoints, ...good.discovered.quarantined])
      if (observed) note(keyOf(state.scope.id, observed), observed.atMs);
  }
  return [...ages];
}

/** What the age of each endpoint is: that of its newest observation. */
export function ageKeysOf(snapshot: Snapshot): ReadonlyMap<string, AgeKey> {
  return new Map(
    [...statementsOf(snapshot)].flatMap(([id, said]) => {
      const [newest] = newestOf(said);
      return newest ? [[id, keyOf(newest.scopeId, (newest.endpoint ?? newest.quarantined)?.observed)] as const] : [];
    }),
  );
}

function keyOf(scopeId: string, observed: Observed | undefined): AgeKey {
  return observed ? `${scopeId} ${observed.scopeId}` : scopeId;
}
