import { printable } from '#core/printable';
import { systemClock } from '#io/clock';
import type { Report } from '../../pass/report';
import { type Conductor, createConductor } from '../../rollout/advance/conductor';
import type { StageProgress } from '../../rollout/advance/progress';
import { createRounds, type Rounds } from '../../rollout/advance/rounds';
import { endOf } from '../../rollout/notify/events';
import { createNotifier } from '../../rollout/notify/notifier';
import type { StageSession } from '../../rollout/open-stages';
import { runStage } from '../../rollout/run-stage';
import type { Shown } from '../verb';
import { createLive } from './live';

export type AdvanceOptions = Shown & {
  /** Name of the only stage to use. */
  readonly stage?: string;
};

/** Result of all passes over a stage. */
export type Advanced = { readonly report: Report; readonly progress?: StageProgress };

/** Brings the stages of a rollout to their end with passes and parallel trials. */
export type Advance = {
  /**
   * Makes passes over the stage until all stages are finished. Rejects with the error of the last
   * pass.
   */
  readonly of: (session: StageSession, signal: AbortSignal) => Promise<Advanced>;
  /** Progress of each stage, in the order of the rollout. */
  readonly progress: () => readonly StageProgress[];
  /** Resolves when all notifications are sent. */
  readonly end: (signal: AbortSignal) => Promise<void>;
};

/**
 * Opens the rollout for the stages of one command. Their configuration differs only in the control
 * plane.
 */
export function openAdvance(
  sessions: readonly StageSession[],
  { terminal, stage: asked }: AdvanceOptions,
  signal: AbortSignal,
): Advance {
  const [{ config, rollout } = { config: undefined, rollout: undefined }] = sessions;
  const clock = systemClock;
  const live = createLive(terminal, clock.monotonicMs);
  const say = (text: string) => live.say(printable(text));
  const onWarning = (text: string) => say(`warning: ${text}`);
  const { owner = '', watch } = config ?? {};
  const { notify, drain } = createNotifier(rollout?.config.notify, { owner, clock, onWarning });
  let isOnTrial = false;
  const rounds: Rounds = createRounds({
    stages: sessions.length,
    isBusy: () => conductor.isBusy(),
    intervalMs: (watch?.intervalSeconds ?? 0) * 1_000,
    clock,
    signal,
  });
  const conductor: Conductor = createConductor({
    clock,
    signal,
    onChange: rounds.changed,
    onProgress: (stage) => {
      const progress = conductor.progressOf(stage);
      if (!progress) return;
      isOnTrial ||= progress.step === 'settling' || progress.step === 'baking';
      live.show(progress, conductor.progress);
    },
    onEvent: notify,
    onWarning,
    isAskedFor: (stage) => stage === asked,
  });
  const end = async (own: AbortSignal) => {
    await conductor.ended();
    const ended = isOnTrial && rollout && endOf(conductor.progress(), rollout.turns);
    if (ended) notify(ended);
    await drain(own);
  };
  let left = sessions.length;
  const of: Advance['of'] = async (session, own) => {
    try {
      return await advanceOne(session, { conductor, rounds, signal: own });
    } finally {
      left -= 1;
      // Results are printed where the table was.
      if (left === 0) live.end();
    }
  };
  return { of, progress: conductor.progress, end };
}

type One = { readonly conductor: Conductor; readonly rounds: Rounds; readonly signal: AbortSignal };

async function advanceOne(session: StageSession, { conductor, rounds, signal }: One): Promise<Advanced> {
  const reports: Report[] = [];
  await rounds.repeat(async () => {
    try {
      const report = await runStage(session, signal);
      reports.push(report);
      await conductor.after(session, report);
    } catch (thrown) {
      conductor.failed(session, thrown);
      throw thrown;
    }
  });
  const [report] = reports.splice(-1);
  if (!report) throw new Error('no pass was made');
  const progress = conductor.progressOf(session.stage ?? '');
  return { report: mergedWith(reports, report), progress };
}

/** Returns all writes together with the last pass's other fields, including its failures. */
function mergedWith(earlier: readonly Report[], last: Report): Report {
  const written = earlier.flatMap(({ applied = [] }) => applied.filter(({ outcome }) => outcome === 'applied'));
  if (written.length === 0) return last;
  return {
    ...last,
    changes: [...written.map(({ change }) => change), ...last.changes],
    applied: [...written, ...(last.applied ?? [])],
  };
}
