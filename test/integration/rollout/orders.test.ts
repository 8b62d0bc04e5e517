import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { type Estate, openEstate, stagedConfig, stageOf } from '../../support/estate';

const names = ['canary', 'blue'] as const;

let estate: Estate;

beforeEach(async () => {
  estate = await openEstate(names.map((name) => ({ name })));
  estate.configure(
    `${stagedConfig(
      estate,
      names.map((name) => stageOf(estate, name)),
    )}rollout: { order: [canary, blue], settleSeconds: 1, bakeSeconds: 1, gates: { dataPlanes: best-effort } }\n`,
  );
});

afterEach(() => estate.close());

describe('orders to a rollout', () => {
  it.each([
    [['pause', 'canary'], 'pause takes no stage, and "canary" is given; leave the stage out'],
    [['abort', '--stage', 'canary'], 'abort takes no stage, and "canary" is given; leave the stage out'],
    [['run', 'canary'], 'run takes no stage, and "canary" is given; for one stage write --stage canary'],
    [['status', 'canary'], 'status takes no stage, and "canary" is given; for one stage write --stage canary'],
    [['approve'], 'the order is for one stage, and none is named; name the stage after the order'],
    [['aprove', 'canary'], 'there is no order "aprove"; give one of run, status, '],
  ] as const)('refuses %j, and shows the right form', async (words, told) => {
    const { exitCode, err } = await estate.run('rollout', ...words);

    expect({ exitCode, err }).toEqual({ exitCode: 1, err: expect.stringContaining(told) });
    const { out } = await estate.run('rollout', 'status', '--json');
    expect(JSON.parse(out)).not.toHaveProperty('paused');
  });

  it('shows all stages in one table at the end, in their order', async () => {
    const { out } = await estate.run('rollout');

    expect(out.match(/^STAGE +STEP .*$/gm)).toHaveLength(1);
    expect(out).toMatch(/\n\nSTAGE +STEP .*\ncanary .*\nblue .*\n$/);
  });

  it('ends with 2 while nothing was written yet', async () => {
    estate.addEndpoint('sd2', ['10.0.1.11']);

    const { exitCode, out } = await estate.run('rollout', 'status', '--json');

    const { stages } = JSON.parse(out) as { readonly stages: readonly { readonly step: string }[] };
    expect({ exitCode, steps: stages.map(({ step }) => step) }).toEqual({ exitCode: 2, steps: ['due', 'waits'] });
  });
});
