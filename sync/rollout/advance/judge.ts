import type { Sample } from '../gates/gate';
import type { TrialVerdict } from '../journal';

/** What came of a trial, before anybody wrote it down. */
export type Judgement = Omit<TrialVerdict, 'atMs'>;

export type JudgedGate = {
  readonly name: string;
  /** The bake does not begin before it passes. */
  readonly isOfSettling?: boolean;
  /** Time between its samples, milliseconds. */
  readonly everyMs: number;
};

export type JudgeOptions = {
  readonly gates: readonly JudgedGate[];
  readonly settleMs: number;
  readonly bakeMs: number;
};

export type TrialPhase = 'settling' | 'baking';

/**
 * Judges a trial from the samples of its gates as time goes by. The bake is as long as it has to be only while every gate is known to be fine: time in which one cannot tell is
 * added, and once that is longer than `settleMs` in all, the trial is inconclusive.
 */
export type Judge = {
  readonly take: (gate: string, sample: Sample) => void;
  /** So much time has gone by since the last call; gives how the trial ends, once it does. */
  readonly pass: (ms: number) => Judgement | undefined;
  readonly phase: () => TrialPhase;
  /** Milliseconds of the bake that are left, if nothing comes between. */
  readonly leftMs: () => number;
};

/** A process that stood still took no samples meanwhile. */
const longestStepMs = 5_000;
/** A sample may take this long to come, beside the time between two. */
const lateMs = 60_000;

/** How many times the settle time data planes may be on their way, where new ones come all the time. */
const longestSettling = 10;

type Seen = { readonly sample: Sample; ageMs: number };

export function createJudge({ gates, settleMs, bakeMs }: JudgeOptions): Judge {
  const seen = new Map<string, Seen>();
  const ofSettling = gates.filter(({ isOfSettling }) => isOfSettling);
  let phase: TrialPhase = ofSettling.length > 0 ? 'settling' : 'baking';
  let [settledMs, bakedMs, doubtMs] = [0, 0, 0];

  const kindOf = ({ name, everyMs }: JudgedGate) => {
    const last = seen.get(name);
    return last && last.ageMs <= 2 * everyMs + lateMs ? last.sample.kind : 'inconclusive';
  };
  const isPassing = (gate: JudgedGate) => kindOf(gate) === 'pass';
  const isClear = (gate: JudgedGate) => kindOf(gate) !== 'inconclusive';

  function settle(ms: number): void {
    settledMs += ms;
    if (ofSettling.every(isPassing)) [phase, doubtMs] = ['baking', 0];
    // What is pending has a time of its own, and says itself when that is over; where data planes come and go for ever it never is.
    else if (settledMs > longestSettling * settleMs || !ofSettling.every(isClear)) doubtMs += ms;
  }

  function bake(ms: number): void {
    if (bakedMs < bakeMs && gates.every(isClear)) bakedMs += ms;
    else if (!gates.every(isPassing)) doubtMs += ms;
  }

  function judge(): Judgement | undefined {
    const failed = gates.find(({ name }) => seen.get(name)?.sample.kind === 'fail');
    if (failed) return judgementOf('fail', failed, seen);
    if (bakedMs >= bakeMs && gates.every(isPassing)) return { kind: 'pass', reason: summaryOf(seen) };
    if (doubtMs <= settleMs) return undefined;
    const watched = phase === 'settling' ? ofSettling : gates;
    const unclear = watched.find((one) => !isClear(one)) ?? watched.find((one) => !isPassing(one));
    return judgementOf('inconclusive', unclear, seen);
  }

  return {
    take: (gate, sample) => void seen.set(gate, { sample, ageMs: 0 }),
    pass: (ms) => {
      for (const one of seen.values()) one.ageMs += ms;
      const stepMs = Math.min(ms, longestStepMs);
      if (phase === 'settling') settle(stepMs);
      else bake(stepMs);
      return judge();
    },
    phase: () => phase,
    leftMs: () => Math.max(0, bakeMs - bakedMs),
  };
}

function judgementOf(
  kind: 'fail' | 'inconclusive',
  gate: JudgedGate | undefined,
  seen: ReadonlyMap<string, Seen>,
): Judgement {
  const { name = 'the gates' } = gate ?? {};
  return { kind, gate: gate?.name, reason: `${name}: ${seen.get(name)?.sample.said ?? 'no sample came'}` };
}

function summaryOf(seen: ReadonlyMap<string, Seen>): string {
  return [...seen].map(([gate, { sample }]) => `${gate}: ${sample.said}`).join('; ');
}
