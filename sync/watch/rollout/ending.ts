import type { StageProgress, StageStep } from '../../rollout/advance/progress';
import { endOf } from '../../rollout/notify/events';
import type { RolloutEvent } from '../../rollout/notify/notifier';

/**
 * Reports the end of a rollout once: all stages proved their revision, and each had a later pass
 * without news.
 */
export type Ending = {
  /** Version of the state that a pass beginning now can see. */
  readonly version: () => number;
  /** Takes the progress of a stage. */
  readonly take: (progress: StageProgress) => void;
  /** Takes the end of a pass that began at this version. */
  readonly rest: (stage: string, version: number) => void;
  /** Returns the event, when all listed stages are at the end. */
  readonly event: (...standing: Parameters<typeof endOf>) => RolloutEvent | undefined;
};

/** Only these steps show that a rollout was under way. */
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
