import type { Candidate } from './resolve';
import { nextTurn, nextTurnAmong, queueAll, type Turns, turnsOf } from './turns';

/** When a scope was last confirmed; unix epoch, milliseconds. */
export type ScopeAge = { observedAtMs: number };

/** A candidate with what a request needs of it, so that nothing is looked up or put together then. */
export type LiveCandidate = Candidate & {
  /** As Kong takes it: IPv6 in brackets. */
  readonly address: string;
  readonly scope: Readonly<ScopeAge>;
};

/** Candidates that take turns, each as often as its weight says. */
export type Picker = {
  readonly candidates: readonly LiveCandidate[];
  /** Of the candidates, each once. */
  readonly scopes: readonly Readonly<ScopeAge>[];
  /** By index of the candidate. */
  readonly turns: Turns;
  /** 1 where probes have ejected it. */
  readonly down: Uint8Array;
};

/** The picker of at least one candidate; its turns go on from those of `before` when it was made of the same. */
export function pickerOf(candidates: readonly LiveCandidate[], before: Picker | undefined): Picker {
  const isSame =
    before?.candidates.length === candidates.length &&
    candidates.every((one, index) => isEqual(one, before.candidates[index]));
  return {
    candidates,
    scopes: [...new Set(candidates.map((one) => one.scope))],
    turns: turnsOf(
      Float64Array.from(candidates, (one) => one.weight),
      isSame ? before.turns : undefined,
    ),
    down: new Uint8Array(candidates.length),
  };
}

function isEqual({ weight, ip, port, host }: Candidate, other: Candidate | undefined): boolean {
  return weight === other?.weight && ip === other.ip && port === other.port && host === other.host;
}

/** Keeps the candidates that `isOne` names out of the turns, or lets them in again. */
export function setDown(
  { candidates, down, turns }: Picker,
  isOne: (one: Candidate) => boolean,
  isDown: boolean,
): void {
  for (const [index, one] of candidates.entries()) if (isOne(one)) down[index] = isDown ? 1 : 0;
  queueAll(turns, (index) => down[index] === 0);
}

/**
 * The next in turn. Those that were confirmed before `sinceMs` are passed over, and so are those that are down, unless `isPanic`.
 * Undefined when none is left.
 */
export function pick(picker: Picker, sinceMs: number, isPanic = false): LiveCandidate | undefined {
  const { candidates, turns, down } = picker;
  if (!isPanic && isAllFresh(picker, sinceMs)) return candidates[nextTurn(turns)];
  const isUp = (index: number) => isPanic || down[index] === 0;
  return candidates[nextTurnAmong(turns, (index) => isUp(index) && !isStale(candidates[index], sinceMs))];
}

function isAllFresh({ scopes }: Picker, sinceMs: number): boolean {
  for (const scope of scopes) if (scope.observedAtMs < sinceMs) return false;
  return true;
}

function isStale(candidate: LiveCandidate | undefined, sinceMs: number): boolean {
  return candidate === undefined || candidate.scope.observedAtMs < sinceMs;
}
