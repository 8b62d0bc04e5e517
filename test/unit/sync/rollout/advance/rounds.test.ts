import { describe, expect, it } from '@jest/globals';
import { createRounds } from '#sync/rollout/advance/rounds';
import { createSleepingClock } from '../../../../support/rollout/clocks';

const { signal } = new AbortController();

describe('passes over several stages', () => {
  it('end together, once no trial runs', async () => {
    const passes: string[] = [];
    const rounds = createRounds({
      ...{ stages: 2, intervalMs: 60_000, clock: createSleepingClock(), signal },
      isBusy: () => false,
    });

    await Promise.all(['a', 'b'].map((name) => rounds.repeat(async () => void passes.push(name))));

    expect(passes).toEqual(['a', 'b']);
  });

  it('run again for all stages when a trial ended, even during the pass', async () => {
    let isBusy = true;
    const passes: string[] = [];
    const rounds = createRounds({
      ...{ stages: 2, intervalMs: 60_000, clock: createSleepingClock(), signal },
      isBusy: () => isBusy,
    });
    const all = ['a', 'b'].map((name) =>
      rounds.repeat(async () => {
        passes.push(name);
        if (passes.length !== 2) return;
        isBusy = false;
        rounds.changed();
      }),
    );

    await Promise.all(all);

    expect(passes.toSorted()).toEqual(['a', 'a', 'b', 'b']);
  });

  it('go on for the other stages when one fails', async () => {
    const rounds = createRounds({
      ...{ stages: 2, intervalMs: 60_000, clock: createSleepingClock(), signal },
      isBusy: () => false,
    });

    const [failed, done] = await Promise.allSettled([
      rounds.repeat(async () => Promise.reject(new Error('away'))),
      rounds.repeat(async () => {}),
    ]);

    expect([failed?.status, done?.status]).toEqual(['rejected', 'fulfilled']);
  });

  it('run again when one fails while other stages are on trial', async () => {
    let [isBusy, tries] = [true, 0];
    const rounds = createRounds({
      ...{ stages: 1, intervalMs: 60_000, clock: createSleepingClock(), signal },
      isBusy: () => isBusy,
    });
    const all = rounds.repeat(async () => {
      tries += 1;
      if (tries === 1) {
        setImmediate(() => {
          isBusy = false;
          rounds.changed();
        });
        throw new Error('away');
      }
    });

    await all;

    expect(tries).toBe(2);
  });

  it('end when they are aborted', async () => {
    const own = new AbortController();
    const rounds = createRounds({
      ...{ stages: 1, intervalMs: 60_000, clock: createSleepingClock(), signal: own.signal },
      isBusy: () => true,
    });
    const ended = rounds.repeat(async () => {});

    setImmediate(() => own.abort(new Error('stopped')));

    await expect(ended).rejects.toThrow('stopped');
  });
});
