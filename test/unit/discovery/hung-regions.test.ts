import { describe, expect, it } from '@jest/globals';
import { PrivatelinkError } from '#core/errors';
import type { Scope } from '#core/model';
import { createDiscoverer } from '#discovery/discover';
import type { Source } from '#discovery/source';
import { createFakeClock } from '../../support/passes';

const regions = ['us-east-1', 'us-west-2'];
const { signal } = new AbortController();

/** Twenty accounts in two regions. `isLate` selects the scopes that do not answer. */
function open(isLate: (scope: Scope, asked: number) => boolean) {
  const asked: string[] = [];
  const scopes = Array.from({ length: 20 }, (_, index) => String(100 + index)).flatMap((account) =>
    regions.map((region) => ({ id: `hub.${account}.${region}`, source: 'hub', account, region })),
  );
  const readers = scopes.map((scope) => ({
    scope,
    discover: async () => {
      asked.push(scope.id);
      if (isLate(scope, asked.length))
        throw new PrivatelinkError(`${scope.id} is late`, { code: 'TIMEOUT', fix: 'wait' });
      return { endpoints: [], quarantined: [] };
    },
  }));
  const source: Source = { name: 'hub', scopes: () => readers };
  return { asked, discoverer: createDiscoverer([source], { clock: createFakeClock(), concurrency: 2 }) };
}

const isWest = ({ region }: Scope) => region === 'us-west-2';

describe('fm-08 a region that does not answer', () => {
  it('is called no more in this pass, is reported as one fault, and delays no other region', async () => {
    const { asked, discoverer } = open(isWest);

    const { scopes } = await discoverer.discover(signal);

    const states = scopes.filter(({ scope }) => !isWest(scope)).map(({ status }) => status);
    expect(states).toEqual(Array(20).fill('known'));
    expect(asked.filter((id) => id.endsWith('us-west-2')).length).toBeLessThanOrEqual(9);
    const reasons = scopes
      .slice(-20)
      .flatMap((state) => (isWest(state.scope) && 'reason' in state ? state.reason : []));
    expect(new Set(reasons)).toEqual(
      new Set([expect.stringContaining('source hub, region us-west-2: 8 accounts in a row did not answer in time')]),
    );
  });

  it('is called again in the next pass', async () => {
    let isAway = true;
    const { discoverer } = open((scope) => isAway && isWest(scope));
    await discoverer.discover(signal);
    isAway = false;

    const { scopes } = await discoverer.discover(signal);

    expect(new Set(scopes.map(({ status }) => status))).toEqual(new Set(['known']));
  });

  it('is called to the end where some of its accounts answer', async () => {
    const { asked, discoverer } = open(({ account }) => Number(account) % 7 !== 0);

    await discoverer.discover(signal);

    expect(asked).toHaveLength(40);
  });
});
