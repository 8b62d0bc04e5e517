import { describe, expect, it } from '@jest/globals';
import type { PassOutcome } from '../../../sync/watch/schedule';
import { startWorker } from '../../../sync/worker';

const done: PassOutcome = { kind: 'done', isTransitional: false };

/** Runs the worker over `outcomes`, one for each pass, and gives what it slept; sleeping takes no time. */
async function sleepsOver(outcomes: readonly (PassOutcome | Error)[]) {
  const stopping = new AbortController();
  const sleeps: number[] = [];
  const numbers: number[] = [];
  const clock = { now: () => 0, sleep: async (ms: number) => void sleeps.push(ms) };
  const pass = async (number: number) => {
    numbers.push(number);
    const outcome = outcomes[number - 1] ?? done;
    if (number === outcomes.length) stopping.abort();
    if (outcome instanceof Error) throw outcome;
    return outcome;
  };
  await startWorker({ pass, clock, intervalMs: () => 60_000, random: () => 0.5 }, stopping.signal).ended;
  return { sleeps, numbers };
}

describe('startWorker', () => {
  it('fm-26 waits a part of a second at the start, then the interval', async () => {
    expect((await sleepsOver([done, done])).sleeps).toEqual([500, 60_000, 60_000]);
  });

  it('fm-06 goes on after a pass that throws, later each time', async () => {
    const { sleeps, numbers } = await sleepsOver([new Error('a'), new Error('b'), new Error('c'), done]);

    expect(numbers).toEqual([1, 2, 3, 4]);
    expect(sleeps).toEqual([500, 500, 1_000, 2_000, 60_000]);
  });

  it.each<[string, PassOutcome, number]>([
    ['fm-15 as long as Retry-After says', { kind: 'failed', code: 'RATE_LIMITED', retryAfterMs: 42_000 }, 42_000],
    ['five minutes after a refused token', { kind: 'failed', code: 'CONTROL_PLANE_AUTH' }, 300_000],
    ['10 s while an endpoint is changing', { kind: 'done', isTransitional: true }, 10_000],
    ['until changes held back are due', { kind: 'done', isTransitional: false, heldUntilMs: 7_000 }, 7_000],
  ])('waits %s', async (_, outcome, ms) => {
    expect((await sleepsOver([outcome])).sleeps).toEqual([500, ms]);
  });

  it('fm-34 runs again at once when triggered during a pass, one pass at a time', async () => {
    const stopping = new AbortController();
    const sleeps: number[] = [];
    let running = 0;
    let most = 0;
    const pass = async (number: number) => {
      running += 1;
      most = Math.max(most, running);
      if (number === 1) worker.trigger();
      await Promise.resolve();
      running -= 1;
      if (number === 2) stopping.abort();
      return done;
    };
    const clock = { now: () => 0, sleep: async (ms: number) => void sleeps.push(ms) };
    const worker = startWorker({ pass, clock, intervalMs: () => 60_000, random: () => 0.5 }, stopping.signal);
    await worker.ended;

    expect(sleeps).toEqual([500, 60_000]);
    expect(most).toBe(1);
  });
});
