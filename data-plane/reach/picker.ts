import type { Choice } from './resolve';
import { nextTurn, nextTurnAmong, queueAll, type Turns, turnsOf } from './turns';

/** When something was last confirmed, by the monotonic clock of the thread that serves requests; -Infinity: never. */
export type LastSeen = { observedAtMs: number };

/** A choice with what a request needs of it, so that nothing is looked up or put together then. */
export type LiveChoice = Choice & {
  /** As Kong takes it: IPv6 in brackets. */
  readonly address: string;
  /** What probes call it. */
  readonly place: string;
  readonly seen: Readonly<LastSeen>;
};

/** Choices that take turns, each as often as its weight says. */
export type Picker = {
  readonly choices: readonly LiveChoice[];
  /** Of the choices, each once. */
  readonly seen: readonly Readonly<LastSeen>[];
  readonly weights: Float64Array;
  /** By index of the choice; made when first something is picked. */
  turns: Turns | undefined;
  /** Places that probes have ejected, as they are at any time. */
  readonly down: ReadonlySet<string>;
  /** `down` has changed since the turns were told: the next pick tells them, however many changes there were. */
  isHealthNew: boolean;
};

/** The picker of at least one choice; its turns go on from those of `before`. */
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
 * The next in turn. Those that were confirmed before `sinceMs` are passed over, and so are those that are down, unless `isPanic`.
 * Undefined when none is left.
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

/** Those that were confirmed since `sinceMs`, in their order. */
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
