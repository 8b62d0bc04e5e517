import { messageLineOf } from '#core/errors';
import type { Clock } from '#core/timing/clock';
import { isConfiguration } from '#deck/revision';
import type { Report } from '../../pass/report';
import type { StageState } from '../journal';
import { openTelling } from '../notify/events';
import type { RolloutEvent } from '../notify/notifier';
import type { StageSession } from '../open-stages';
import { type Decided, failedIn, goBack, undecidedIn } from './decide';
import { createKnown, type Known, type KnownOfStages } from './known';
import type { StageProgress } from './progress';
import { createTrials, subjectOf, type Trials } from './trials';
import { inTurn } from './waves';

export type ConductorOptions = {
  readonly clock: Clock;
  /** Stops the trials. */
  readonly signal: AbortSignal;
  /** Called when a trial ended or a stage rolled back: new passes should begin. */
  readonly onChange: () => void;
  /** Called when the progress of a stage may have changed. */
  readonly onProgress?: (stage: string) => void;
  /** Events for people and webhooks. */
  readonly onEvent?: (event: RolloutEvent) => void;
  readonly onWarning?: (warning: string) => void;
  /** Whether this stage must prove what it already runs, even when no other stage waits for it. */
  readonly isAskedFor?: (stage: string) => boolean;
};

/** Runs the trials of stages beside their passes. */
export type Conductor = {
  /**
   * Takes the report of a pass; begins, continues or ends the trial of the stage. Rejects only with
   * the signal's reason.
   */
  readonly after: (session: StageSession, report: Report) => Promise<void>;
  /** Takes a failed pass: what the stage runs is now unknown. */
  readonly failed: (session: StageSession, thrown: unknown) => void;
  /** Forgets all other stages and ends their trials. */
  readonly keepOnly: (stages: readonly (string | undefined)[]) => void;
  /** Whether a trial is under way. */
  readonly isBusy: () => boolean;
  /** The progress of a stage. Undefined: nothing is known about it. */
  readonly progressOf: (stage: string) => StageProgress | undefined;
  /** The progress of all stages, in the order of their turns. */
  readonly progress: () => readonly StageProgress[];
  /** Resolves when all trials have ended, which follows the abort of the signal. */
  readonly ended: () => Promise<void>;
};

export function createConductor(options: ConductorOptions): Conductor {
  const stages = createKnown(options.clock);
  const { signal, onEvent = () => {}, onWarning = () => {}, onProgress = () => {} } = options;
  const tellDecided = openTelling({ onEvent, onWarning });
  const settle = async (stage: string, decided: Decided) => {
    await stages.refresh(stage);
    tellDecided(stage, decided);
    onProgress(stage);
  };
  const trials = createTrials({ ...options, onProgress, onWarning, sessionOf: stages.session, onDecided: settle });
  const progressOf = (stage: string) => stages.progress(stage, trials.of(stage));

  function forget(stage: string): void {
    trials.stopOther(stage, undefined);
    stages.forget(stage);
  }

  async function take(session: StageSession, stage: string, report: Report): Promise<void> {
    const { state, before } = await stages.take(session, stage, report);
    if (isBegun(state, report, before))
      onEvent({ event: 'start', stage, revision: state.runs ?? '', from: state.stable });
    const decided = await goBackLate(session, state, signal);
    if (decided) await settle(stage, decided);
    if (decided?.backTo !== undefined) options.onChange();
    considerAll(options, { stages, trials });
    onProgress(stage);
  }

  return {
    after: async (session, report) => {
      const { stage, rollout } = session;
      if (stage !== undefined) await (rollout ? take(session, stage, report) : forget(stage));
    },
    failed: (session, thrown) => {
      const { stage = '' } = session;
      if (session.rollout) stages.fail(session, stage, thrown);
      onProgress(stage);
    },
    keepOnly: (names) => {
      for (const stage of stages.names()) if (!names.includes(stage)) forget(stage);
    },
    isBusy: () => trials.count() > 0,
    progressOf,
    progress: () => inTurnIn(stages).flatMap((stage) => progressOf(stage) ?? []),
    ended: trials.ended,
  };
}

/** Names of stages in the order of their turns. */
function inTurnIn(stages: KnownOfStages): readonly string[] {
  const named = stages.names().map((stage) => ({ stage }));
  const [turns] = stages.entries().flatMap(([, { session }]) => session.rollout?.turns ?? []);
  return (turns ? inTurn(named, turns) : named).map(({ stage }) => stage);
}

type Running = { readonly stages: KnownOfStages; readonly trials: Trials };

/** Starts the trials that are due, and stops trials whose subject has changed. */
function considerAll({ signal, isAskedFor }: ConductorOptions, { stages, trials }: Running): void {
  for (const [stage, { session, state }] of stages.entries()) {
    const trial = undecidedIn(state);
    trials.stopOther(stage, trial && subjectOf(session, trial));
    if (!trial || trials.of(stage) || signal.aborted) continue;
    const isNeeded = !trial.isFound || isAskedFor?.(stage) || stages.entries().some(isWaitingFor(stage));
    if (isNeeded) trials.start(session, stage, trial);
  }
}

function isWaitingFor(stage: string) {
  return ([, { report }]: readonly [string, Known]) => report?.waits?.stage === stage;
}

/**
 * Rolls back what an earlier process or pass should have rolled back. Rejects only with the
 * signal's reason.
 */
async function goBackLate(session: StageSession, state: StageState, signal: AbortSignal): Promise<Decided | undefined> {
  const failed = failedIn(state, session);
  if (!failed) return undefined;
  try {
    return await goBack(session, signal);
  } catch (thrown) {
    signal.throwIfAborted();
    return { ...failed, problem: messageLineOf(thrown) };
  }
}

/**
 * Whether the pass brought a revision that must prove itself. A repair of the same revision is no
 * new trial.
 */
function isBegun(state: StageState, { applied = [] }: Report, before: StageState | undefined): boolean {
  const trial = undecidedIn(state);
  const isUnderWay = before !== undefined && undecidedIn(before)?.revision === trial?.revision;
  if (!trial || trial.isFound || isUnderWay) return false;
  return applied.some(({ change, outcome }) => outcome === 'applied' && isConfiguration(change));
}
