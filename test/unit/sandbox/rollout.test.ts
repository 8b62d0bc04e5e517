import { describe, expect, it } from '@jest/globals';
import { type Edition, editionIn, pluginsOfSd2 } from '#sandbox/rollout/editions';
import { createTraffic, firstWrong } from '#sandbox/rollout/traffic';
import { formatRolloutEvent, formatStandingFleet } from '#sync/cli/sandbox/rollout';

const own = { name: 'privatelink', config: {} };

describe('the rollout of the sandbox', () => {
  it.each(Object.keys(pluginsOfSd2) as Edition[])('recognises %s by the plugins of a control plane', (edition) => {
    // Konnect answers with the defaults, and with null where there is none.
    const held = pluginsOfSd2[edition].map(({ name, config }) => ({
      name,
      config: { message: null, trigger: null, ...config },
    }));

    expect(editionIn([own, ...held])).toBe(edition);
  });

  it('recognises an empty control plane', () => {
    expect(editionIn([])).toBeUndefined();
  });

  it('counts requests that failed without a planned fault', () => {
    const all = [
      { name: 'canary', sent: [{ begunMs: 1, problem: '503' }, { begunMs: 5, problem: 'late' }, { begunMs: 6 }] },
      { name: 'blue', sent: [{ begunMs: 2, problem: 'gone' }] },
    ];

    expect(firstWrong(all, () => true)).toBeUndefined();
    expect(firstWrong(all, (name, { begunMs }) => name === 'canary' && begunMs < 5)).toBe(
      '2 requests went wrong, the first through canary: late',
    );
  });

  it('sends through each gateway, and goes on after a failure', async () => {
    const traffic = createTraffic(['canary', 'blue'], async (name) => {
      if (name === 'canary') throw new Error('no answer');
    });
    traffic.start();
    await traffic.round(new AbortController().signal);
    await traffic.close();

    expect(traffic.sent('canary')[0]).toMatchObject({ problem: 'no answer' });
    expect(traffic.sent('blue')[0]).toMatchObject({ problem: undefined });
  });

  it('prints an event as readable text', () => {
    const stage = {
      stage: 'canary',
      holds: 'the good one',
      revision: '3f2a9c01d4e5',
      changed: ['create plugin'],
      requests: 7,
      failed: 2,
    };
    const event = { what: 'a bad revision', command: 'kong-privatelink rollout', exitCode: 3, said: ['it went back'] };
    const terminal = { env: {}, out: () => {}, err: () => {}, isTerminal: false };

    expect(formatRolloutEvent({ ...event, stages: [stage] }, terminal)).toBe(`
a bad revision
  kong-privatelink rollout ended with 3
    it went back
  STAGE   HOLDS         REVISION      CHANGES  REQUESTS  FAILED
  canary  the good one  3f2a9c01d4e5  1        7         2
  ok
`);
    expect(formatRolloutEvent({ ...event, stages: [stage], problem: 'blue got it' }, terminal)).toMatch(
      /\n {2}failed blue got it\n$/,
    );
  });
  it('suggests commands while it stays up', () => {
    const lanes = [{ name: 'canary', door: 'http://127.0.0.1:1/sd2/orders' }];
    const text = formatStandingFleet(
      { lanes, configPath: '/x.yaml', env: { KONNECT_TOKEN: 'kpat_sandbox' } },
      { env: {} },
    );

    expect(text).toMatch(/^ {2}curl http:\/\/127.0.0.1:1\/sd2\/orders {2}# canary$/m);
    expect(text).toMatch(/^ {2}export KONNECT_TOKEN=kpat_sandbox$/m);
    for (const verb of ['history', 'rollout status', 'diff', 'rollout'])
      expect(text).toMatch(new RegExp(`^ {2}.* ${verb}$`, 'm'));
  });
});
