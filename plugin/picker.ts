import type { Candidate } from './resolve';

/** When a scope was last confirmed; unix epoch, milliseconds. */
export type ScopeAge = { observedAtMs: number };

/** A candidate with what a request needs of it, so that nothing is looked up or put together then. */
export type LiveCandidate = Candidate & {
  /** As Kong takes it: IPv6 in brackets. */
  readonly address: string;
  readonly scope: Readonly<ScopeAge>;
};

/**
 * Candidates that take turns, each as often as its weight says; `round` is all that it remembers. What every pick goes through lies in
 * typed arrays, by index of the candidate.
 */
export type Picker = {
  readonly candidates: readonly LiveCandidate[];
  /** Of the candidates, each once. */
  readonly scopes: readonly Readonly<ScopeAge>[];
  readonly weights: Float64Array;
  readonly round: Float64Array;
  /** 1 where probes have ejected it. */
  readonly down: Uint8Array;
};

/** The picker of at least one candidate; its round goes on from that of `before` when it was made of the same. */
export function pickerOf(candidates: readonly LiveCandidate[], before: Picker | undefined): Picker {
  const isSame =
    before?.candidates.length === candidates.length &&
    candidates.every((one, index) => isEqual(one, before.candidates[index]));
  return {
    candidates,
    scopes: [...new Set(candidates.map((one) => one.scope))],
    weights: Float64Array.from(candidates, (one) => one.weight),
    round: isSame ? before.round : new Float64Array(candidates.length),
    down: new Uint8Array(candidates.length),
  };
}

function isEqual({ weight, ip, port, host }: Candidate, other: Candidate | undefined): boolean {
  return weight === other?.weight && ip === other.ip && port === other.port && host === other.host;
}

/** Keeps the candidates that `isOne` names out of the turns, or lets them in again. */
export function setDown({ candidates, down }: Picker, isOne: (one: Candidate) => boolean, isDown: boolean): void {
  for (const [index, one] of candidates.entries()) if (isOne(one)) down[index] = isDown ? 1 : 0;
}

/**
 * Smooth weighted round robin, as nginx does it: over the sum of weights each target comes up exactly as often as its weight. Those
 * that were confirmed before `sinceMs` are passed over and keep their place in the round; so are those that are down, unless
 * `isPanic`. Undefined when none is left.
 */
export function pick(picker: Picker, sinceMs: number, isPanic = false): LiveCandidate | undefined {
  const { candidates, weights, round, down } = picker;
  const isFresh = isAllFresh(picker, sinceMs);
  let best = -1;
  let bestValue = 0;
  let total = 0;
  for (let index = 0; index < round.length; index += 1) {
    if (down[index] === 1 && !isPanic) continue;
    if (!isFresh && isStale(candidates[index], sinceMs)) continue;
    const weight = weights[index] ?? 0;
    const value = (round[index] ?? 0) + weight;
    round[index] = value;
    total += weight;
    if (best >= 0 && value <= bestValue) continue;
    best = index;
    bestValue = value;
  }
  if (best >= 0) round[best] = bestValue - total;
  return candidates[best];
}

function isAllFresh({ scopes }: Picker, sinceMs: number): boolean {
  for (const scope of scopes) if (scope.observedAtMs < sinceMs) return false;
  return true;
}

function isStale(candidate: LiveCandidate | undefined, sinceMs: number): boolean {
  return candidate === undefined || candidate.scope.observedAtMs < sinceMs;
}
