import type { Choice } from './resolve';
import { nextTurn, nextTurnAmong, queueAll, type Turns, turnsOf } from './turns';

/**
 * Time of the last confirmation, by the monotonic clock of the serving thread; -Infinity: never.
 */
export type LastSeen = { observedAtMs: number };

/** A choice with everything for a request, so that the request looks up and builds nothing. */
export type LiveChoice = Choice & {
  /** In Kong's form: IPv6 in brackets. */
  readonly address: string;
  /** The probes' name of the target. */
  readonly place: string;
  readonly seen: Readonly<LastSeen>;
};

/** Choices that take turns, in proportion to their weights. */
export type Picker = {
  readonly choices: readonly LiveChoice[];
  /** The confirmation times of the choices, each once. */
  readonly seen: readonly Readonly<LastSeen>[];
  readonly weights: Float64Array;
  /** By index of the choice; made with the first pick. */
  turns: Turns | undefined;
  /** Places ejected by probes at present. */
  readonly down: ReadonlySet<string>;
  /**
   * `down` has changed since the turns were updated. The next pick updates them once for all
   * changes.
   */
  isHealthNew: boolean;
};

/** Creates the picker of at least one choice. Its turns continue those of `before`. */
export function pickerOf(
  choices: readonly LiveChoice[],
  down: ReadonlySet<string>,
  before: Picker | undefined,
): Picker {
  const isSame =
    before?.choices.length === choices.length && choices.every((one, index) => isEqual(one, before.choices[index]));
  const weights = Float64Array.from(choices, (one) => one.weight);
  return {
    choices,
    seen: [...new Set(choices.map((one) => one.seen))],
    weights,
    turns: before?.turns && turnsOf(weights, before.turns, isSame),
    down,
    isHealthNew: down.size > 0,
  };
}

function isEqual({ weight, place, host }: LiveChoice, other: LiveChoice | undefined): boolean {
  return weight === other?.weight && place === other.place && host === other.host;
}

/**
 * Returns the next choice in turn. Skips choices confirmed before `sinceMs`, and dead choices
 * unless `isPanic`. Returns undefined when no choice is left.
 */
export function pick(picker: Picker, sinceMs: number, isPanic = false): LiveChoice | undefined {
  if (isPanic || !isAllFresh(picker, sinceMs)) return pickAmong(picker, sinceMs, isPanic);
  if (picker.isHealthNew) queueHealthy(picker);
  return picker.choices[nextTurn(turnsIn(picker))];
}

function turnsIn(picker: Picker): Turns {
  picker.turns ??= turnsOf(picker.weights);
  return picker.turns;
}

function pickAmong(picker: Picker, sinceMs: number, isPanic: boolean): LiveChoice | undefined {
  const { choices, down } = picker;
  const turns = turnsIn(picker);
  const isIn = (one: LiveChoice | undefined) => !isStale(one, sinceMs) && (isPanic || isUp(one, down));
  return choices[nextTurnAmong(turns, (index) => isIn(choices[index]))];
}

function queueHealthy(picker: Picker): void {
  const { choices, down } = picker;
  queueAll(turnsIn(picker), (index) => isUp(choices[index], down));
  picker.isHealthNew = false;
}

/** Returns the choices confirmed since `sinceMs`, in their order. */
export function freshOf({ choices }: Picker, sinceMs: number): readonly LiveChoice[] {
  return choices.filter((one) => !isStale(one, sinceMs));
}

function isAllFresh({ seen }: Picker, sinceMs: number): boolean {
  for (const one of seen) if (one.observedAtMs < sinceMs) return false;
  return true;
}

function isStale(choice: LiveChoice | undefined, sinceMs: number): boolean {
  return choice === undefined || choice.seen.observedAtMs < sinceMs;
}

function isUp(choice: LiveChoice | undefined, down: Picker['down']): boolean {
  return choice !== undefined && !down.has(choice.place);
}
