import type { Candidate } from './resolve';
import { nextTurn, nextTurnAmong, queueAll, type Turns, turnsOf } from './turns';

/** When something was last confirmed, by the monotonic clock of the thread that serves requests; -Infinity: never. */
export type LastSeen = { observedAtMs: number };

/** A candidate with what a request needs of it, so that nothing is looked up or put together then. */
export type LiveCandidate = Candidate & {
  /** As Kong takes it: IPv6 in brackets. */
  readonly address: string;
  /** What probes call it. */
  readonly place: string;
  readonly seen: Readonly<LastSeen>;
};

/** Candidates that take turns, each as often as its weight says. */
export type Picker = {
  readonly candidates: readonly LiveCandidate[];
  /** Of the candidates, each once. */
  readonly seen: readonly Readonly<LastSeen>[];
  /** By index of the candidate. */
  readonly turns: Turns;
  /** Places that probes have ejected, as they are at any time. */
  readonly down: ReadonlySet<string>;
  /** `down` has changed since the turns were told: the next pick tells them, however many changes there were. */
  isHealthNew: boolean;
};

/** The picker of at least one candidate; its turns go on from those of `before`. */
export function pickerOf(
  candidates: readonly LiveCandidate[],
  down: ReadonlySet<string>,
  before: Picker | undefined,
): Picker {
  const isSame =
    before?.candidates.length === candidates.length &&
    candidates.every((one, index) => isEqual(one, before.candidates[index]));
  const weights = Float64Array.from(candidates, (one) => one.weight);
  return {
    candidates,
    seen: [...new Set(candidates.map((one) => one.seen))],
    turns: turnsOf(weights, before?.turns, isSame),
    down,
    isHealthNew: down.size > 0,
  };
}

function isEqual({ weight, place, host }: LiveCandidate, other: LiveCandidate | undefined): boolean {
  return weight === other?.weight && place === other.place && host === other.host;
}

/**
 * The next in turn. Those that were confirmed before `sinceMs` are passed over, and so are those that are down, unless `isPanic`.
 * Undefined when none is left.
 */
export function pick(picker: Picker, sinceMs: number, isPanic = false): LiveCandidate | undefined {
  if (isPanic || !isAllFresh(picker, sinceMs)) return pickAmong(picker, sinceMs, isPanic);
  if (picker.isHealthNew) queueHealthy(picker);
  return picker.candidates[nextTurn(picker.turns)];
}

function pickAmong({ candidates, turns, down }: Picker, sinceMs: number, isPanic: boolean): LiveCandidate | undefined {
  const isIn = (one: LiveCandidate | undefined) => !isStale(one, sinceMs) && (isPanic || isUp(one, down));
  return candidates[nextTurnAmong(turns, (index) => isIn(candidates[index]))];
}

function queueHealthy(picker: Picker): void {
  const { candidates, turns, down } = picker;
  queueAll(turns, (index) => isUp(candidates[index], down));
  picker.isHealthNew = false;
}

function isAllFresh({ seen }: Picker, sinceMs: number): boolean {
  for (const one of seen) if (one.observedAtMs < sinceMs) return false;
  return true;
}

function isStale(candidate: LiveCandidate | undefined, sinceMs: number): boolean {
  return candidate === undefined || candidate.seen.observedAtMs < sinceMs;
}

function isUp(candidate: LiveCandidate | undefined, down: Picker['down']): boolean {
  return candidate !== undefined && !down.has(candidate.place);
}
