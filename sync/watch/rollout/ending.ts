import type { StageProgress, StageStep } from '../../rollout/advance/progress';

/** Tells the end of a rollout once: all stages have proved what they run, and each has had a pass since that found nothing else. */
export type Ending = {
  /** What a pass that begins now can know. */
  readonly version: () => number;
  /** Takes how far a stage is. */
  readonly take: (progress: StageProgress) => void;
  /** Takes that a pass ended which began at this version. */
  readonly rest: (stage: string, version: number) => void;
  /** Whether all of the stages that the configuration lists are at the end; undefined stands for some that nobody knows. */
  readonly isOver: (listed: readonly (string | undefined)[], progress: readonly StageProgress[]) => boolean;
};

/** Without one of these there was no rollout that could end. */
const underWay: ReadonlySet<StageStep> = new Set(['settling', 'baking', 'approval']);

export function createEnding(): Ending {
  const steps = new Map<string, string>();
  const resting = new Set<string>();
  let version = 0;
  let isUnderWay = false;
  return {
    version: () => version,
    take: ({ stage, step, revision }) => {
      isUnderWay ||= underWay.has(step);
      const own = `${step} ${revision}`;
      if (steps.get(stage) === own) return;
      steps.set(stage, own);
      resting.clear();
      version += 1;
    },
    rest: (stage, seen) => {
      if (seen === version) resting.add(stage);
    },
    isOver: (listed, progress) => {
      const isEnd =
        isUnderWay &&
        listed.every((stage) => stage !== undefined && resting.has(stage)) &&
        progress.length === listed.length &&
        progress.every(({ step }) => step === 'done');
      if (isEnd) isUnderWay = false;
      return isEnd;
    },
  };
}
