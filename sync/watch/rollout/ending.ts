import type { StageProgress, StageStep } from '../../rollout/advance/progress';
import { endOf } from '../../rollout/notify/events';
import type { RolloutEvent } from '../../rollout/notify/notifier';

/** Tells the end of a rollout once: all stages have proved what they run, and each has had a pass since that found nothing else. */
export type Ending = {
  /** What a pass that begins now can know. */
  readonly version: () => number;
  /** Takes how far a stage is. */
  readonly take: (progress: StageProgress) => void;
  /** Takes that a pass ended which began at this version. */
  readonly rest: (stage: string, version: number) => void;
  /** What is told, once all of the stages that the configuration lists are at the end. */
  readonly event: (...standing: Parameters<typeof endOf>) => RolloutEvent | undefined;
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
    event: (progress, turns) => {
      const areResting = turns.listed.every((stage) => stage !== undefined && resting.has(stage));
      const event = isUnderWay && areResting ? endOf(progress, turns) : undefined;
      if (event) isUnderWay = false;
      return event;
    },
  };
}
