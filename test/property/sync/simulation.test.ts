import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { histories, type Step } from '../../simulation/history';
import { simulate } from '../../simulation/simulate';

const none = { aws: [], konnect: { fault: 'none', atWrite: 0, times: 0 } } as const;
const estate: readonly Step[] = [
  { do: 'create', scope: 0, domain: 'sd1', zones: 2, accepted: true },
  { do: 'create', scope: 1, domain: 'sd2', zones: 1, accepted: true },
  { do: 'wait', seconds: 60 },
];

describe('simulation', () => {
  // The same histories each time, so that a breaking change fails in its own test run. `npm run
  // simulate` runs other histories.
  it('keeps every rule through random histories of failures, and ends at the truth', async () => {
    await fc.assert(fc.asyncProperty(histories(30), simulate), { numRuns: 60, seed: 20_261_121 });
  });

  it.each(Array.from({ length: 10 }, (_, index) => index))(
    'makes no route without its plugin when write %d fails',
    async (atWrite) => {
      const failing = { fault: 'error', atWrite, times: 1 } as const;
      const limited: Step = { do: 'configure', affinity: 'none', isLimited: true };

      const failed = simulate([limited, ...estate, { do: 'pass', by: 'worker', aws: [], konnect: failing }]);

      await expect(failed).resolves.toBeUndefined();
    },
  );

  it.each<[string, Step]>([
    ['another weight', { do: 'retag', endpoint: 0, tags: { 'kong:domain': 'sd1', 'kong:weight': '50' } }],
    ['another domain', { do: 'retag', endpoint: 0, tags: { 'kong:domain': 'sd3' } }],
    ['no tags', { do: 'retag', endpoint: 0, tags: {} }],
    ['other addresses', { do: 'recreate', endpoint: 0 }],
    ['a final state', { do: 'reject', endpoint: 0 }],
    ['an unknown state', { do: 'setState', endpoint: 0, state: 'tomorrow' }],
    ['a deletion', { do: 'delete', endpoint: 0 }],
    ['a plugin', { do: 'configure', affinity: 'none', isLimited: true }],
    ['upstreams for its zones', { do: 'configure', affinity: 'weighted', isLimited: false }],
    ['a name instead of its addresses', { do: 'configure', affinity: 'none', isLimited: false, via: 'resolver' }],
  ])('fm-32 ends at the truth by passes of the worker alone after an endpoint gets %s', async (_, change) => {
    const changed = simulate([...estate, { do: 'pass', by: 'worker', ...none }, change]);

    await expect(changed).resolves.toBeUndefined();
  });

  it.each(['worker', 'command'] as const)(
    'fm-05 fm-12 ends at the truth when a %s is killed just before or after any write',
    async (by) => {
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
