import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { fileDisk } from '../../simulation/stages/disk';
import {
  type Answers,
  beginning,
  quietAnswers,
  type Step,
  stageHistories,
  stageNames,
} from '../../simulation/stages/history';
import { checkIdentity, simulateStages } from '../../simulation/stages/simulate';
import { defaultConfiguration } from '../../simulation/stages/stage';

const pass: Step = { do: 'pass', stages: stageNames, ...quietAnswers };
const failing: Answers = { scopes: [], konnect: { fault: 'auth', atWrite: 0, times: 100 } };
const back = { do: 'rollback', stage: 'canary', to: 0, ...quietAnswers } as const;
const limited: Step = { ...defaultConfiguration, plugins: 2 };
const healthy: Step = { ...defaultConfiguration, healthPath: '/health' };
const zonal: Step = { ...defaultConfiguration, affinity: 'weighted' };
const secure: Step = { do: 'retag', domain: 'sd2', profile: { protocol: 'https' } };

describe('stages', () => {
  // The same histories each time; `npm run simulate` lives through others.
  it('hold their revision and the true data once faults stop, and the next passes write nothing', async () => {
    const lives = fc.asyncProperty(stageHistories(25), (history) => simulateStages(history));

    await fc.assert(lives, { numRuns: 30, seed: 20_261_129 });
  });

  it('hold their revision and the true data with the files of stateDir', async () => {
    const lives = fc.asyncProperty(stageHistories(20), async (history) => {
      const disk = fileDisk();
      await simulateStages(history, disk).finally(disk.remove);
    });

    await fc.assert(lives, { numRuns: 6, seed: 20_261_129 });
  });

  it('hold the same entities after a rollback and a return to the newest revision', async () => {
    await fc.assert(fc.asyncProperty(stageHistories(12), checkIdentity), { numRuns: 8, seed: 20_261_129 });
  });

  it.each<[string, readonly Step[]]>([
    ['sd1', [limited, pass, { do: 'untag', domain: 'sd1', number: 0 }]],
    ['sd2', [secure, pass, { do: 'untag', domain: 'sd2', number: 0 }]],
  ])('hold the same entities after a rollback and a return when %s is not discovered any more', async (_, steps) => {
    await expect(checkIdentity([...beginning, ...steps])).resolves.toBeUndefined();
  });

  it.each<[string, readonly Step[]]>([
    [
      'a revision that was never written is rolled back while its scope is unknown',
      [limited, { ...pass, ...failing }, { ...back, scopes: ['blank'] }],
    ],
    [
      'all endpoints are replaced after a rollback of a tag',
      [secure, pass, back, { do: 'untag', domain: 'sd2', number: 0 }, { do: 'create', domain: 'sd2', number: 0 }],
    ],
    [
      'a rollback over a pin dies before its second write, and its pin ends before a failing pass',
      [
        healthy,
        pass,
        { ...back, to: undefined },
        zonal,
        { ...back, to: 1, kill: { at: 2, when: 'before' } },
        limited,
        { ...pass, ...failing },
      ],
    ],
  ])('hold their revision and the true data when %s', async (_, steps) => {
    await expect(simulateStages([...beginning, ...steps])).resolves.toBeUndefined();
  });
});
