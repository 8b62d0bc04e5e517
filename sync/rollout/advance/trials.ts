import { messageLineOf } from '#core/errors';
import { canonicalJson } from '#core/json';
import type { Clock } from '#core/timing/clock';
import { inStage } from '#io/api-calls';
import { withOwnSignal } from '#io/signals';
import type { StageTrial } from '../journal';
import type { StageSession } from '../open-stages';
import { type Decided, decide, noteBake } from './decide';
import type { Judgement } from './judge';
import { runTrial, type TrialProgress } from './run-trial';

export type TrialsOptions = {
  readonly clock: Clock;
  /** Stops the trials. */
  readonly signal: AbortSignal;
  /** The session of the last pass: the configuration may have changed since the trial began. */
  readonly sessionOf: (stage: string) => StageSession | undefined;
  readonly onProgress: (stage: string) => void;
  /** Called when the verdict is recorded. */
  readonly onDecided: (stage: string, decided: Decided) => Promise<void>;
  readonly onWarning: (warning: string) => void;
  /** Called when a trial has ended by itself. */
  readonly onChange: () => void;
};

type RunningTrial = { readonly subject: string; readonly stop: () => void; progress: TrialProgress };

/** The trials of this process, at most one for each stage. */
export type Trials = {
  readonly start: (session: StageSession, stage: string, trial: StageTrial) => void;
  /** Stops the trial of the stage, unless it has this subject. */
  readonly stopOther: (stage: string, subject: string | undefined) => void;
  readonly of: (stage: string) => TrialProgress | undefined;
  readonly count: () => number;
  readonly ended: () => Promise<void>;
};

/**
 * After a verdict that could not be recorded, the next trial waits this long: its verdict would be
 * lost too.
 */
const lostMs = 60_000;

const atBeginning: TrialProgress = { phase: 'settling', leftMs: 0, samples: {} };

export function createTrials(options: TrialsOptions): Trials {
  const { signal, clock, sessionOf, onChange, onDecided, onWarning } = options;
  const [running, lostAtMs] = [new Map<string, RunningTrial>(), new Map<string, number>()];
  const all = new Set<Promise<void>>();

  function start(session: StageSession, stage: string, trial: StageTrial): void {
    if (clock.monotonicMs() - (lostAtMs.get(stage) ?? Number.NEGATIVE_INFINITY) < lostMs) return;
    const stop = new AbortController();
    const own: RunningTrial = { subject: subjectOf(session, trial), stop: () => stop.abort(), progress: atBeginning };
    running.set(stage, own);
    const isCurrent = () => running.get(stage) === own;
    const onProgress = (progress: TrialProgress) => {
      if (!isCurrent()) return;
      const isBaking = progress.phase === 'baking' && own.progress.phase !== 'baking';
      own.progress = progress;
      if (isBaking) waitedFor(all, noteBake(session, trial, signal));
      options.onProgress(stage);
    };
    const work = async () => {
      const judgement = await tryOut(session, { trial, onProgress, clock, signals: [signal, stop.signal] });
      const decided = await decide(sessionOf(stage) ?? session, { of: trial, judgement }, signal);
      if (decided) await onDecided(stage, decided);
    };
    const ended = inStage(stage, work)
      .catch((thrown: unknown) => {
        if (!isCurrent() || signal.aborted) return;
        lostAtMs.set(stage, clock.monotonicMs());
        onWarning(`stage ${stage}: the result of its trial could not be saved: ${messageLineOf(thrown)}`);
      })
      .finally(() => {
        all.delete(ended);
        if (!isCurrent()) return;
        running.delete(stage);
        if (!signal.aborted) onChange();
      });
    all.add(ended);
  }

  return {
    start,
    stopOther: (stage, subject) => {
      const other = running.get(stage);
      if (!other || other.subject === subject) return;
      running.delete(stage);
      other.stop();
    },
    of: (stage) => running.get(stage)?.progress,
    count: () => running.size,
    ended: () => Promise.all(all).then(() => undefined),
  };
}

/** A process that ends during a note would leave the writer's file behind. */
function waitedFor(all: Set<Promise<void>>, noting: Promise<void>): void {
  const noted = noting.finally(() => void all.delete(noted));
  all.add(noted);
}

/** The subject of a trial. When a part of it changes, a running trial begins again. */
export function subjectOf(
  { config, rollout }: StageSession,
  { revision, sinceMs }: Pick<StageTrial, 'revision' | 'sinceMs'>,
): string {
  const { settleSeconds, bakeSeconds, gates } = rollout?.config ?? {};
  const { controlPlane } = config;
  // Approval is asked for after the trial, so it is no part of the subject.
  return canonicalJson({
    revision,
    sinceMs,
    settleSeconds,
    bakeSeconds,
    gates: { ...gates, approval: undefined },
    controlPlane,
  });
}

type Trying = {
  readonly trial: StageTrial;
  readonly onProgress: (progress: TrialProgress) => void;
  readonly clock: Clock;
  readonly signals: readonly [AbortSignal, AbortSignal];
};

function tryOut(
  { rollout }: StageSession,
  { trial, onProgress, clock, signals: [signal, stop] }: Trying,
): Promise<Judgement> {
  const { settleSeconds = 0, bakeSeconds = 0 } = rollout?.config ?? {};
  const seconds = { settleMs: settleSeconds * 1_000, bakeMs: bakeSeconds * 1_000 };
  return withOwnSignal(signal, async (own) => {
    stop.addEventListener('abort', () => own.abort(), { once: true });
    const before = trial.isFound ? await measured(rollout) : trial.before;
    return runTrial({ ...seconds, gates: rollout?.gates ?? [], before, clock, onProgress }, own.signal);
  });
}

/**
 * Nothing was measured before a found revision came, so its present values serve as the baseline.
 */
async function measured(rollout: StageSession['rollout']): Promise<StageTrial['before']> {
  const before = Object.entries((await rollout?.turn.readBefore()) ?? {});
  return Object.fromEntries(before.filter(([, value]) => typeof value === 'number'));
}
