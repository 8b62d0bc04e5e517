import type { Clock } from '#core/timing/clock';
import { withOwnSignal } from '#io/signals';
import type { Baseline, Sample, Sampler, StageGate } from '../gates/gate';
import { createJudge, type Judgement, type TrialPhase } from './judge';

/** Progress of a trial, for people and metrics. */
export type TrialProgress = {
  readonly phase: TrialPhase;
  /** Milliseconds of the bake that are left, if nothing interrupts it. */
  readonly leftMs: number;
  readonly samples: Readonly<Record<string, Sample>>;
};

export type TrialOptions = {
  readonly gates: readonly StageGate[];
  readonly settleMs: number;
  readonly bakeMs: number;
  /** Values of the gates before the stage was written, by name of the gate. */
  readonly before: Readonly<Record<string, Baseline>>;
  readonly clock: Clock;
  /** Called after each step. */
  readonly onProgress?: (progress: TrialProgress) => void;
};

const longestStepMs = 1_000;
const shortestStepMs = 10;

type Opened = { readonly gate: StageGate; readonly sampler: Sampler; nextMs: number; isBusy: boolean };

/**
 * Samples the gates of a stage until the trial has a verdict. Rejects only with the signal's
 * reason.
 */
export function runTrial(options: TrialOptions, signal: AbortSignal): Promise<Judgement> {
  return withOwnSignal(signal, async (own) => {
    try {
      return await watch(options, own.signal);
    } finally {
      own.abort();
    }
  });
}

async function watch({ gates, clock, onProgress, ...options }: TrialOptions, signal: AbortSignal): Promise<Judgement> {
  let bakingAtMs: number | undefined;
  const bakingMs = () => (bakingAtMs === undefined ? undefined : clock.monotonicMs() - bakingAtMs);
  const opened = gates.map((gate): Opened => {
    const trial = { bakingMs, settleMs: options.settleMs, before: options.before[gate.name] };
    return { gate, sampler: gate.open(trial), nextMs: 0, isBusy: false };
  });
  const judged = opened.map(({ gate, sampler }) => ({ ...gate, everyMs: sampler.everyMs }));
  const judge = createJudge({ ...options, gates: judged });
  const samples: Record<string, Sample> = {};
  const take = (name: string, sample: Sample) => {
    samples[name] = sample;
    judge.take(name, sample);
  };
  const stepMs = Math.max(shortestStepMs, Math.min(longestStepMs, ...judged.map(({ everyMs }) => everyMs)));
  let lastMs = clock.monotonicMs();
  for (;;) {
    signal.throwIfAborted();
    const nowMs = clock.monotonicMs();
    if (judge.phase() === 'baking') bakingAtMs ??= nowMs;
    for (const one of opened) if (isDue(one, judge.phase(), nowMs)) void sampleOnce(one, { nowMs, take, signal });
    await clock.sleep(stepMs, signal);
    const judgement = judge.pass(clock.monotonicMs() - lastMs);
    lastMs = clock.monotonicMs();
    onProgress?.({ phase: judge.phase(), leftMs: judge.leftMs(), samples: { ...samples } });
    if (judgement) return judgement;
  }
}

function isDue({ gate, nextMs, isBusy }: Opened, phase: TrialPhase, nowMs: number): boolean {
  return !isBusy && nowMs >= nextMs && (phase === 'baking' || gate.isOfSettling === true);
}

type Taking = {
  readonly nowMs: number;
  readonly take: (gate: string, sample: Sample) => void;
  readonly signal: AbortSignal;
};

/** Never rejects: a broken gate gives an inconclusive sample. */
async function sampleOnce(one: Opened, { nowMs, take, signal }: Taking): Promise<void> {
  one.isBusy = true;
  one.nextMs = nowMs + one.sampler.everyMs;
  try {
    take(one.gate.name, await one.sampler.sample(signal));
  } catch (thrown) {
    if (!signal.aborted) take(one.gate.name, { kind: 'inconclusive', said: `no sample could be taken: ${thrown}` });
  } finally {
    one.isBusy = false;
  }
}
