import { beforeEach, describe, expect, it } from '@jest/globals';
import type { StageProgress, StageStep } from '#sync/rollout/advance/progress';
import { createEnding, type Ending } from '#sync/watch/rollout/ending';

const stages = ['canary', 'prod'] as const;

let ending: Ending;
let progress: Record<string, StageProgress>;

beforeEach(() => {
  ending = createEnding();
  progress = {};
});

function come(stage: string, step: StageStep, revision = 'a'): void {
  progress[stage] = { stage, step, revision };
  ending.take(progress[stage]);
}

/** A pass over each stage, from begin to end, in which no step changes. */
function pass(...passed: readonly string[]): void {
  for (const stage of passed) ending.rest(stage, ending.version());
}

const isOver = (listed: readonly (string | undefined)[] = stages) =>
  ending.event(Object.values(progress), { listed })?.event === 'end';

describe('the end of a rollout', () => {
  it('is reported once, when all stages are done and each has had a pass since', () => {
    come('canary', 'baking');
    come('prod', 'waits');
    come('canary', 'done');
    come('prod', 'baking');
    come('prod', 'done');
    const early = isOver();
    pass('canary');
    const halfway = isOver();
    pass('prod');

    expect([early, halfway, isOver(), isOver()]).toEqual([false, false, true, false]);
  });

  it('is not reported without a trial', () => {
    for (const stage of stages) come(stage, 'done');
    pass(...stages);

    expect(isOver()).toBe(false);
  });

  it('is not reported for a pass that began before the last stage was done', () => {
    come('canary', 'baking');
    come('prod', 'done');
    const version = ending.version();
    come('canary', 'done', 'b');
    pass('canary');
    ending.rest('prod', version);

    expect(isOver()).toBe(false);
  });

  it.each([
    ['a stage has unknown progress', ['canary', 'prod', 'later']],
    ['stages cannot be listed', ['canary', 'prod', undefined]],
  ])('is not reported while %s', (_, listed) => {
    come('canary', 'approval');
    come('canary', 'done');
    come('prod', 'done');
    pass(...stages);

    expect(isOver(listed)).toBe(false);
  });

  it('is not reported while one stage failed or waits', () => {
    come('canary', 'settling');
    come('canary', 'done');
    come('prod', 'behind');
    pass(...stages);

    expect(isOver()).toBe(false);
  });
});
