import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { type Estate, openEstate, stagedConfig, stageOf } from '../../support/estate';

const names = ['canary', 'eu', 'us'] as const;

let estate: Estate;

beforeEach(async () => {
  estate = await openEstate(
    names.map((name) => ({ name, labels: { env: name === 'us' ? 'prod' : 'test', stage: name } })),
  );
});

afterEach(() => estate.close());

async function examine(rollout: object, entries: readonly object[] = names.map((name) => stageOf(estate, name))) {
  estate.configure(`${stagedConfig(estate, entries)}rollout: ${JSON.stringify(rollout)}\n`);
  const { exitCode, out } = await estate.run('doctor', '--json');
  const { checks } = JSON.parse(out) as { checks: readonly { check: string; result: string; detail: string }[] };
  const of = (name: string) => checks.filter(({ check }) => check.startsWith(name));
  return { exitCode, of };
}

describe('doctor with a rollout', () => {
  it("shows the order of stages and each gate's present answer, and says that it does not call the webhook", async () => {
    const [canary] = names;
    estate.konnect.reportNode(canary, {
      id: canary,
      hostname: canary,
      configHash: estate.konnect.configHash(canary),
    });

    const { exitCode, of } = await examine({
      order: ['canary', ['eu', 'us']],
      gates: { requests: [{ stage: 'eu', url: 'http://127.0.0.1:1/sd2' }] },
      notify: { url: 'http://127.0.0.1:1/hook', secret: 'hook-secret' },
    });

    expect(exitCode).toBe(0);
    expect(of('rollout order')).toEqual([
      {
        check: 'rollout order',
        result: 'ok',
        detail: 'canary, then eu and us; doctor does not call the webhook 127.0.0.1:1',
      },
    ]);
    expect(of('rollout (')).toEqual([
      { check: 'rollout (canary) dataPlanes', result: 'ok', detail: expect.stringContaining('1 data plane') },
      {
        check: 'rollout (eu) dataPlanes',
        result: 'warning',
        detail: expect.stringContaining('start a data plane, or set'),
      },
      {
        check: 'rollout (eu) requests',
        result: 'warning',
        detail: expect.stringMatching(/^inconclusive: .*127\.0\.0\.1:1.* cannot be reached.*check the url/),
      },
      {
        check: 'rollout (us) dataPlanes',
        result: 'warning',
        detail: expect.stringContaining('start a data plane, or set'),
      },
    ]);
  });

  it('names stages that do not exist, and mentions no gates without a rollout', async () => {
    const selected = { type: 'konnect', address: estate.konnect.url, token: 'kpat_sandbox', select: { env: 'prod' } };

    const { of } = await examine({ order: ['canary', 'north'], gates: { approval: ['canray'] } }, [
      stageOf(estate, 'canary'),
      selected,
    ]);
    estate.configure(stagedConfig(estate, [stageOf(estate, 'canary')]));
    const without = await estate.run('doctor', '--json');

    expect(of('rollout order').map(({ result, detail }) => `${result} ${detail}`)).toEqual([
      'ok canary, then north, then us',
      expect.stringMatching(/^warning rollout\.order names stage north, and no such stage exists: .*add the stage$/),
      'warning rollout.gates names stage canray, and no such stage exists: its settings apply to no stage',
    ]);
    expect(without.out).not.toContain('rollout');
  });
});
