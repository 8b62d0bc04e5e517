import { messageLineOf } from '#core/errors';
import type { Clock } from '#core/timing/clock';
import { withOwnSignal } from '#io/signals';
import type { StageTrial } from '../journal';
import type { StageSession } from '../open-stages';
import { type Decided, decide, noteBake } from './decide';
import { runTrial, type TrialProgress } from './run-trial';

export type TrialsOptions = {
  readonly clock: Clock;
  /** Ends the trials. */
  readonly signal: AbortSignal;
  readonly onProgress: (stage: string) => void;
  /** What came of a trial is written down. */
  readonly onDecided: (stage: string, decided: Decided) => void;
  readonly onWarning: (warning: string) => void;
  /** A trial has ended by itself. */
  readonly onEnded: () => void;
};

type RunningTrial = { readonly revision: string; readonly stop: () => void; progress: TrialProgress };

/** The trials that are under way in this process, one for each stage at most. */
export type Trials = {
  readonly start: (session: StageSession, stage: string, trial: StageTrial) => void;
  /** Ends the one of the stage, unless it is about this revision. */
  readonly stopOther: (stage: string, revision: string | undefined) => void;
  readonly of: (stage: string) => TrialProgress | undefined;
  readonly count: () => number;
  readonly ended: () => Promise<void>;
};

const atBeginning: TrialProgress = { phase: 'settling', leftMs: 0, samples: {} };

export function createTrials(options: TrialsOptions): Trials {
  const { signal, onDecided, onEnded, onWarning } = options;
  const running = new Map<string, RunningTrial>();
  const all = new Set<Promise<void>>();

  function start(session: StageSession, stage: string, trial: StageTrial): void {
    const { revision } = trial;
    const stop = new AbortController();
    const own: RunningTrial = { revision, stop: () => stop.abort(), progress: atBeginning };
    running.set(stage, own);
    const isCurrent = () => running.get(stage) === own;
    const onProgress = (progress: TrialProgress) => {
      if (!isCurrent()) return;
      const isBaking = progress.phase === 'baking' && own.progress.phase !== 'baking';
      own.progress = progress;
      if (isBaking) void noteBake(session, revision, signal);
      options.onProgress(stage);
    };
    const ended = tryOut(session, { trial, onProgress, clock: options.clock, signals: [signal, stop.signal] })
      .then((judgement) => decide(session, { revision, judgement }, signal))
      .then((decided) => decided && onDecided(stage, decided))
      .catch((thrown: unknown) => {
        const lost = `stage ${stage}: what came of its trial is not written down: ${messageLineOf(thrown)}`;
        if (isCurrent() && !signal.aborted) onWarning(lost);
      })
      .finally(() => {
        all.delete(ended);
        if (!isCurrent()) return;
        running.delete(stage);
        if (!signal.aborted) onEnded();
      });
    all.add(ended);
  }

  return {
    start,
    stopOther: (stage, revision) => {
      const other = running.get(stage);
      if (!other || other.revision === revision) return;
      running.delete(stage);
      other.stop();
    },
    of: (stage) => running.get(stage)?.progress,
    count: () => running.size,
    ended: async () => {
      await Promise.all(all);
    },
  };
}

type Trying = {
  readonly trial: StageTrial;
  readonly onProgress: (progress: TrialProgress) => void;
  readonly clock: Clock;
  readonly signals: readonly [AbortSignal, AbortSignal];
};

function tryOut({ rollout }: StageSession, { trial, onProgress, clock, signals: [signal, stop] }: Trying) {
  const { settleSeconds = 0, bakeSeconds = 0 } = rollout?.config ?? {};
  const seconds = { settleMs: settleSeconds * 1_000, bakeMs: bakeSeconds * 1_000 };
  return withOwnSignal(signal, (own) => {
    stop.addEventListener('abort', () => own.abort(), { once: true });
    return runTrial({ ...seconds, gates: rollout?.gates ?? [], before: trial.before, clock, onProgress }, own.signal);
  });
}
