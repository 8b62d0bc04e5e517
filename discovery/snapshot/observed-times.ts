import type { Discovered, LastGood, Observed, ScopeState, Snapshot } from '#core/model';

/** Moves every time in the last good answer by `ms`, after its clock was set by `ms`. */
export function moveGood(good: LastGood, ms: number): LastGood {
  return { ...good, observedAtMs: good.observedAtMs + ms, discovered: moveDiscovered(good.discovered, ms) };
}

/** The same for a whole snapshot. */
export function moveSnapshot(snapshot: Snapshot, ms: number): Snapshot {
  if (ms === 0) return snapshot;
  const scopes = snapshot.scopes.map((state): ScopeState => {
    if (state.status === 'known') return { ...state, ...moveGood(state, ms) };
    return { ...state, lastGood: state.lastGood && moveGood(state.lastGood, ms) };
  });
  return { ...snapshot, takenAtMs: snapshot.takenAtMs + ms, scopes };
}

function moveDiscovered({ endpoints, quarantined }: Discovered, ms: number): Discovered {
  const move = <T extends { readonly observed?: Observed }>(one: T): T =>
    one.observed ? { ...one, observed: { ...one.observed, atMs: one.observed.atMs + ms } } : one;
  return { endpoints: endpoints.map(move), quarantined: quarantined.map(move) };
}

/** The newest time in the answer. */
export function newestMs({ observedAtMs, discovered: { endpoints, quarantined } }: LastGood): number {
  const timeOf = (newest: number, { observed }: { readonly observed?: Observed }) =>
    Math.max(newest, observed?.atMs ?? newest);
  return quarantined.reduce(timeOf, endpoints.reduce(timeOf, observedAtMs));
}
