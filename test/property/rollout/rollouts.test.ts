import { describe, it } from '@jest/globals';
import fc from 'fast-check';
import { rolloutHistories } from '../../simulation/rollouts/history';
import { simulateRollouts } from '../../simulation/rollouts/simulate';
import { fileDisk } from '../../simulation/stages/disk';

describe('rollouts', () => {
  // The same histories each time; `npm run simulate` lives through others.
  it('keep every rule, and all stages are on one configuration once faults stop and people say go', async () => {
    const lives = fc.asyncProperty(rolloutHistories(25), (history) => simulateRollouts(history));

    await fc.assert(lives, { numRuns: 12, seed: 20_261_129 });
  });

  it('do so over the files of stateDir', async () => {
    const lives = fc.asyncProperty(rolloutHistories(12), async (history) => {
      const disk = fileDisk();
      await simulateRollouts(history, disk).finally(disk.remove);
    });

    await fc.assert(lives, { numRuns: 2, seed: 20_261_129 });
  });
});
