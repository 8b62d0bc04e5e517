import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { histories, type Step } from '../simulation/history';
import { simulate } from '../simulation/simulate';

describe('simulation', () => {
  // The same histories each time, so that a change that breaks a rule fails where it is made; `npm run simulate` lives through others.
  it('keeps every rule through random histories of failures, and ends at the truth', async () => {
    await fc.assert(fc.asyncProperty(histories(30), simulate), { numRuns: 60, seed: 20_261_121 });
  });

  it.each(['worker', 'command'] as const)(
    'fm-05 fm-12 ends at the truth wherever a %s is killed, before a write or just after it',
    async (by) => {
      const none = { aws: [], konnect: { fault: 'none', atWrite: 0, times: 0 } } as const;
      const estate: readonly Step[] = [
        { do: 'create', scope: 0, domain: 'sd1', zones: 2, accepted: true },
        { do: 'create', scope: 1, domain: 'sd2', zones: 1, accepted: true },
        { do: 'wait', seconds: 60 },
      ];
      const moved: readonly Step[] = [
        { do: 'recreate', endpoint: 0 },
        { do: 'reject', endpoint: 1 },
        { do: 'wait', seconds: 60 },
      ];
      for (let at = 0; at < 12; at += 1) {
        for (const when of ['before', 'after'] as const) {
          const killed: Step = { do: 'pass', by, kill: { at, when }, ...none };
          await simulate([...estate, killed]);
          await expect(simulate([...estate, { do: 'pass', by, ...none }, ...moved, killed])).resolves.toBeUndefined();
        }
      }
    },
  );
});
