import type { RolloutConfig } from '#config/rollout';
import { messageLineOf } from '#core/errors';
import type { Clock } from '#core/timing/clock';
import { timeOf } from '#io/clock';
import { withinDeadline } from '#io/signals';
import type { WhyWaiting } from '../../pass/report';
import { frozenUntil } from '../gates/freeze';
import type { Baseline, StageGate } from '../gates/gate';
import type { By, Journal } from '../journal';
import type { StageTurn } from '../newest';
import type { Pause, Paused } from './pause';
import { type NextRevision, whyUnproved } from './proof';
import { earlierThan, type StageTurns } from './waves';

/** What later stages need to know about a stage. */
export type KnownStage = { readonly journal: Pick<Journal, 'read'>; readonly takesBase: boolean };

export type TurnOptions = Pick<Clock, 'now'> & {
  readonly stage: string;
  readonly rollout: RolloutConfig;
  readonly turns: StageTurns;
  /** Undefined: no stage has this name now. */
  readonly stageOf: (stage: string) => KnownStage | undefined;
  readonly pause: Pick<Pause, 'read'>;
  readonly gates: readonly StageGate[];
};

/** Opens the turn of a stage: what it waits for in a rollout. */
export function openTurn(options: TurnOptions): StageTurn {
  const { stage, turns, gates } = options;
  return {
    whyNot: async (next) => {
      const forAll = (await whyPaused(options)) ?? whyFrozen(options);
      if (forAll) return forAll;
      for (const earlier of earlierThan(stage, turns)) {
        const why = await whyBehind(earlier, next, options);
        if (why) return why;
      }
      return undefined;
    },
    readBefore: async () => {
      const measured = await Promise.all(gates.map(async (gate) => [gate.name, await valueBefore(gate)] as const));
      return Object.fromEntries(measured.flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])));
    },
  };
}

async function whyPaused({ pause }: TurnOptions): Promise<WhyWaiting | undefined> {
  try {
    const paused = await pause.read();
    return paused && { kind: 'paused', reason: `${describePaused(paused)}; rollout resume ends the pause` };
  } catch (thrown) {
    return { kind: 'paused', reason: `rollouts may be paused: ${messageLineOf(thrown)}` };
  }
}

/** Describes a pause for people. */
export function describePaused({ atMs, by }: Paused): string {
  return `paused by ${whoOf(by)} at ${timeOf(atMs)}`;
}

export function whoOf({ run, user }: By): string {
  return run ?? user ?? 'somebody';
}

function whyFrozen({ rollout, now }: TurnOptions): WhyWaiting | undefined {
  const untilMs = frozenUntil(rollout.freeze, now());
  if (untilMs === undefined) return undefined;
  const until = timeOf(untilMs);
  return { kind: 'frozen', reason: `no stage begins before ${until} (rollout.freeze)`, until };
}

async function whyBehind(
  earlier: string | undefined,
  next: NextRevision,
  { stageOf, rollout }: TurnOptions,
): Promise<WhyWaiting | undefined> {
  if (earlier === undefined) return { kind: 'earlier', reason: 'the stages before this stage cannot be listed' };
  const known = stageOf(earlier);
  if (!known)
    return { kind: 'earlier', stage: earlier, reason: `rollout.order names stage ${earlier}, which does not exist` };
  const { state } = await known.journal.read();
  const { takesBase } = known;
  return whyUnproved({ stage: earlier, state, takesBase, needsApproval: isApproved(rollout, earlier) }, next);
}

/** Whether trials of the stage need the approval of a person. */
export function isApproved({ gates: { approval } }: RolloutConfig, stage: string): boolean {
  return Array.isArray(approval) ? approval.includes(stage) : approval;
}

/** A stage waits at most this long for baselines, which are only useful, not required. */
const longestMeasureMs = 15_000;

function valueBefore({ readBefore, name }: StageGate): Promise<Baseline | undefined> {
  if (!readBefore) return Promise.resolve(undefined);
  const deadline = { signal: new AbortController().signal, timeoutMs: longestMeasureMs, asked: name };
  return withinDeadline(readBefore, deadline).catch(() => undefined);
}
