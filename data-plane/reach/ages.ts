import { newestOf, statementsOf } from '#core/claims/statements';
import type { Observed, Snapshot } from '#core/model';
import { lastGoodOf } from '#core/snapshot';

/** Names the subject of an age: a scope, or a scope relayed by another. */
export type AgeKey = string;

/** Milliseconds. */
export type Ages = readonly (readonly [key: AgeKey, ageMs: number])[];

/** Returns the age of each known scope, and of each relayed scope, by its observer (fm-40). */
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

/** Returns the age key of each endpoint: the key of its newest observation. */
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
