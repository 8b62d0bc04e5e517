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

describe('a stage that was passed over', () => {
  it('is waited for again once it has had another revision, also where the first one comes back', async () => {
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

describe('a stage that fails', () => {
  it('goes back also while rollouts are paused, where the configuration has become what it goes back to', async () => {
    estate.use([]);
    await estate.advance();
    estate.use(bad, { onFailure: 'halt' });
    await estate.advance();
    await estate.run('rollout', 'pause');
    estate.use([]);

    await estate.advance();

    expect(inBoth()).toEqual([[], []]);
  });

  it('goes back to what it ran last, also where that came while there was no rollout', async () => {
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
