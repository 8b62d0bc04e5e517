import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  goodConfiguration,
  quietPass,
  rolledOut,
  rolloutHistories,
  type Step,
} from '../../simulation/rollouts/history';
import { simulateRollouts } from '../../simulation/rollouts/simulate';
import { fileDisk } from '../../simulation/stages/disk';
import { quietAnswers } from '../../simulation/stages/history';

const change: Step = { ...goodConfiguration, plugins: 2 };
const back = { do: 'rollback', stage: 'canary', ...quietAnswers } as const;
const wait = (seconds: number): Step => ({ do: 'wait', seconds });

describe('rollouts', () => {
  // The same histories each time; `npm run simulate` lives through others.
  it('keep every rule, and all stages end on one configuration after faults stop and people approve', async () => {
    const lives = fc.asyncProperty(rolloutHistories(25), (history) => simulateRollouts(history));

    await fc.assert(lives, { numRuns: 12, seed: 20_261_129 });
  });

  it('keep every rule with the files of stateDir', async () => {
    const lives = fc.asyncProperty(rolloutHistories(12), async (history) => {
      const disk = fileDisk();
      await simulateRollouts(history, disk).finally(disk.remove);
    });

    await fc.assert(lives, { numRuns: 2, seed: 20_261_129 });
  });

  it('restart the bake after the stage rolled back and got the same revision again', async () => {
    const again: Step = { ...back, to: 'newest' };

    await expect(
      simulateRollouts([...rolledOut, change, quietPass, wait(5), back, again, wait(4), quietPass]),
    ).resolves.toBeUndefined();
  });

  // The bake, the verdict, the pin, the writes to the control plane, and the end are recorded in
  // this order.
  it.each([0, 1, 2, 3, 4, 5].flatMap((at) => (['before', 'after'] as const).map((when) => ({ at, when }))))(
    'stay halted when the process dies $when write $at of the rollback, even if gates pass later',
    async (kill) => {
      const mood = (says: 'fail' | 'pass'): Step => ({ do: 'mood', stage: 'canary', says });
      const failing = [change, quietPass, mood('fail'), { ...wait(6), kill } as Step, mood('pass')];

      await expect(
        simulateRollouts([...rolledOut, ...failing, quietPass, wait(12), quietPass, wait(12), quietPass]),
      ).resolves.toBeUndefined();
    },
  );
});
