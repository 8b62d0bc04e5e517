import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { bad, good, openStagedEstate, type StagedEstate } from '../../support/rollout/staged-estate';

let estate: StagedEstate;

beforeEach(async () => {
  estate = await openStagedEstate(['canary', 'blue']);
});

afterEach(() => estate.close());

const inBoth = () => ['canary', 'blue'].map(estate.pluginsOf);

describe('a skipped stage', () => {
  it('is waited for again after it had another revision, even if the skipped revision returns', async () => {
    estate.use([]);
    await estate.advance();
    estate.use(bad, { onFailure: 'halt' });
    await estate.advance();
    await estate.run('rollout', 'skip', 'canary');
    await estate.advance();
    const skipped = inBoth();
    estate.use([]);
    await estate.advance();

    estate.use(bad, { onFailure: 'halt' });
    const { steps } = await estate.advance();

    expect(skipped).toEqual([['request-termination'], ['request-termination']]);
    expect([steps, estate.pluginsOf('blue')]).toEqual([['halted', 'waits'], []]);
  });
});

describe('a failed stage', () => {
  it('rolls back even while rollouts are paused, when the configuration becomes its old revision again', async () => {
    estate.use([]);
    await estate.advance();
    estate.use(bad, { onFailure: 'halt' });
    await estate.advance();
    await estate.run('rollout', 'pause');
    estate.use([]);

    await estate.advance();

    expect(inBoth()).toEqual([[], []]);
  });

  it('rolls back to its last revision, even if that came while there was no rollout', async () => {
    estate.use([]);
    await estate.advance();
    estate.use(good);
    const text = readFileSync(join(estate.folder, 'kong-privatelink.yaml'), 'utf8');
    estate.configure(text.replace(/^rollout: .*\n/m, ''));
    await estate.run('sync');
    expect(inBoth()).toEqual([['rate-limiting'], ['rate-limiting']]);

    estate.use(bad);
    const { steps } = await estate.advance();

    expect([steps, ...inBoth()]).toEqual([['back', 'waits'], ['rate-limiting'], ['rate-limiting']]);
  });
});
