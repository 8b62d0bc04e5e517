import { messageLineOf } from '#core/errors';
import type { Clock } from '#core/timing/clock';
import { isConfiguration } from '#deck/revision';
import type { Report } from '../../pass/report';
import { nothingRun, type StageState } from '../journal';
import type { RolloutEvent } from '../notify/notifier';
import type { StageSession } from '../open-stages';
import { type Decided, failedIn, goBack, undecidedIn } from './decide';
import { progressOf, type StageProgress } from './progress';
import type { TrialProgress } from './run-trial';
import { createTrials } from './trials';

export type ConductorOptions = {
  readonly clock: Clock;
  /** Ends the trials. */
  readonly signal: AbortSignal;
  /** A trial has ended, or a stage went back: passes should begin now. */
  readonly onChange: () => void;
  /** How far a stage is may be another thing than before. */
  readonly onProgress?: (stage: string) => void;
  /** What people and webhooks are told. */
  readonly onEvent?: (event: RolloutEvent) => void;
  readonly onWarning?: (warning: string) => void;
  /** A stage that proves what it runs since long, also where no other waits for that. */
  readonly isAskedFor?: (stage: string) => boolean;
};

/** Runs the trials of stages beside their passes. */
export type Conductor = {
  /** Takes what came of a pass; begins, goes on with, or ends the trial of the stage. Rejects with the signal's reason alone. */
  readonly after: (session: StageSession, report: Report) => Promise<void>;
  /** Takes that a pass failed: nobody knows what the stage runs now. */
  readonly failed: (session: StageSession, thrown: unknown) => void;
  /** Forgets stages that there are no more; their trials end. */
  readonly keepOnly: (stages: readonly (string | undefined)[]) => void;
  /** A trial is under way. */
  readonly isBusy: () => boolean;
  readonly progress: () => readonly StageProgress[];
  /** Resolves when all trials have ended, which they do once the signal has aborted. */
  readonly ended: () => Promise<void>;
};

type Known = { session: StageSession; state: StageState; report?: Report; problem?: string };

export function createConductor(options: ConductorOptions): Conductor {
  const stages = new Map<string, Known>();
  const { signal, onEvent = () => {}, onWarning = () => {}, onProgress = () => {} } = options;
  const settle = (stage: string, decided: Decided) =>
    settleOne(stage, decided, { onEvent, onWarning, known: stages.get(stage) });
  const trials = createTrials({ ...options, onProgress, onDecided: settle, onWarning, onEnded: options.onChange });
  const progressIn = (stage: string) => viewOf(stages.get(stage), trials.of(stage), options.clock);

  function consider(stage: string, { session, state }: Known): void {
    const trial = undecidedIn(state);
    trials.stopOther(stage, trial?.revision);
    if (!trial || trials.of(stage) || signal.aborted) return;
    const isNeeded = options.isAskedFor?.(stage) || [...stages.values()].some(isWaitingFor(stage));
    if (!trial.isFound || isNeeded) trials.start(session, stage, trial);
  }

  async function receive(session: StageSession, stage: string, report: Report): Promise<void> {
    const { state } = await session.remembered.journal.read();
    stages.set(stage, { session, state, report });
    for (const event of startOf(stage, state, report)) onEvent(event);
    const decided = await goBackLate(session, state, { signal, onWarning });
    if (decided) settle(stage, decided);
    if (decided?.backTo !== undefined) options.onChange();
    for (const [name, known] of stages) consider(name, known);
    onProgress(stage);
  }

  return {
    after: async (session, report) => {
      if (session.rollout && session.stage !== undefined) await receive(session, session.stage, report);
    },
    failed: (session, thrown) => {
      const { stage = '' } = session;
      const { state } = stages.get(stage) ?? { state: nothingRun };
      if (session.rollout) stages.set(stage, { session, state, problem: messageLineOf(thrown) });
      onProgress(stage);
    },
    keepOnly: (names) => {
      for (const stage of [...stages.keys()].filter((one) => !names.includes(one))) {
        trials.stopOther(stage, undefined);
        stages.delete(stage);
      }
    },
    isBusy: () => trials.count() > 0,
    progress: () => [...stages.keys()].flatMap((stage) => progressIn(stage) ?? []),
    ended: trials.ended,
  };
}

type Settling = Required<Pick<ConductorOptions, 'onEvent' | 'onWarning'>> & { readonly known: Known | undefined };

/** Tells what came of a trial, and takes it until the next pass reads what was written down. */
function settleOne(stage: string, decided: Decided, { onEvent, onWarning, known }: Settling): void {
  const { revision, verdict, problem } = decided;
  const { trial } = known?.state ?? {};
  if (known && trial?.revision === revision) known.state = { ...known.state, trial: { ...trial, verdict } };
  for (const event of eventsOf(stage, decided)) onEvent(event);
  if (problem) onWarning(`stage ${stage} does not go back: ${problem}`);
}

function isWaitingFor(stage: string) {
  return ({ report }: Known) => report?.waits?.stage === stage;
}

function viewOf(known: Known | undefined, trial: TrialProgress | undefined, { now }: Clock): StageProgress | undefined {
  const { rollout, stage } = known?.session ?? {};
  if (!known || !rollout || stage === undefined) return undefined;
  return progressOf({ ...known, stage, rollout, trial, nowMs: now() });
}

type Late = { readonly signal: AbortSignal; readonly onWarning: (warning: string) => void };

/** What an earlier process, or an earlier pass, should have taken back. */
async function goBackLate(session: StageSession, state: StageState, { signal, onWarning }: Late) {
  if (!failedIn(state, session)) return undefined;
  try {
    return await goBack(session, signal);
  } catch (thrown) {
    signal.throwIfAborted();
    onWarning(`stage ${session.stage} does not go back: ${messageLineOf(thrown)}`);
    return undefined;
  }
}

/** A pass brought a revision that has to prove itself. */
function startOf(stage: string, state: StageState, { applied = [] }: Report): readonly RolloutEvent[] {
  const { revision, isFound } = undecidedIn(state) ?? {};
  const isWritten = applied.some(({ change, outcome }) => outcome === 'applied' && isConfiguration(change));
  const isBegun = revision !== undefined && !isFound && isWritten;
  return isBegun ? [{ event: 'start', stage, revision, from: state.stable }] : [];
}

function eventsOf(stage: string, { verdict, revision, backTo }: Decided): readonly RolloutEvent[] {
  const { kind, gate, reason } = verdict;
  if (kind === 'pass') return [];
  const halt: RolloutEvent = { event: 'halt', stage, revision, gate, reason };
  return backTo === undefined ? [halt] : [halt, { event: 'rollback', stage, revision: backTo, from: revision, reason }];
}
