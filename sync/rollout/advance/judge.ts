import type { Sample } from '../gates/gate';
import type { TrialVerdict } from '../journal';

/** The verdict of a trial before it is recorded. */
export type Judgement = Omit<TrialVerdict, 'atMs'>;

export type JudgedGate = {
  readonly name: string;
  /** The bake waits until this gate passes. */
  readonly isOfSettling?: boolean;
  /** Milliseconds between samples. */
  readonly everyMs: number;
};

export type JudgeOptions = {
  readonly gates: readonly JudgedGate[];
  readonly settleMs: number;
  readonly bakeMs: number;
};

export type TrialPhase = 'settling' | 'baking';

/**
 * Judges a trial from the samples of its gates over time. Only time in which every gate is clear
 * counts as bake. Unclear time is added up, and a total over `settleMs` makes the trial
 * inconclusive.
 */
export type Judge = {
  readonly take: (gate: string, sample: Sample) => void;
  /** Takes the time since the last call, in milliseconds. Returns the verdict once there is one. */
  readonly pass: (ms: number) => Judgement | undefined;
  readonly phase: () => TrialPhase;
  /** Milliseconds of the bake that are left, if nothing interrupts it. */
  readonly leftMs: () => number;
};

/** Most time that one step adds: a paused process took no samples. */
const longestStepMs = 5_000;
/** A sample may be this late, beside the time between two samples. */
const lateMs = 60_000;

/** Data planes may settle for this many times the settle time, while new ones keep connecting. */
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
    // A pending gate reports itself when its time is over. With data planes that come and go all
    // the time it never is.
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
