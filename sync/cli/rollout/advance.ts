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
  /** The one of several control planes. */
  readonly stage?: string;
};

/** What came of all passes over a stage. */
export type Advanced = { readonly report: Report; readonly progress?: StageProgress };

/** Brings the stages of a rollout to their end: passes, and trials beside them. */
export type Advance = {
  /** Makes passes over the stage until nothing is left to do for any; rejects with what the last of them does. */
  readonly of: (session: StageSession, signal: AbortSignal) => Promise<Advanced>;
  /** How far each stage is, in the order of their turns. */
  readonly progress: () => readonly StageProgress[];
  /** Resolves when all that has to be told has been. */
  readonly end: (signal: AbortSignal) => Promise<void>;
};

/** For the stages of one command, whose configuration is the same but for the control plane. */
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
      // What came of it is printed below what stays of the table: nothing.
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

/** All that was written, and all else as the last pass says it, also what could not be. */
function mergedWith(earlier: readonly Report[], last: Report): Report {
  const written = earlier.flatMap(({ applied = [] }) => applied.filter(({ outcome }) => outcome === 'applied'));
  if (written.length === 0) return last;
  return {
    ...last,
    changes: [...written.map(({ change }) => change), ...last.changes],
    applied: [...written, ...(last.applied ?? [])],
  };
}
