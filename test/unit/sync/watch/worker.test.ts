import { describe, expect, it } from '@jest/globals';
import type { PassOutcome } from '#sync/watch/schedule';
import { startWorker } from '#sync/watch/worker';

const done: PassOutcome = { kind: 'done', isTransitional: false };

/**
 * Runs the worker over `outcomes`, one for each pass; returns the lengths of its sleeps. A sleep
 * takes no time.
 */
async function sleepsOver(outcomes: readonly (PassOutcome | Error)[]) {
  const stopping = new AbortController();
  const sleeps: number[] = [];
  const numbers: number[] = [];
  const clock = { now: () => 0, monotonicMs: () => 0, sleep: async (ms: number) => void sleeps.push(ms) };
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

  it('fm-06 goes on after a pass that throws, each time later', async () => {
    const { sleeps, numbers } = await sleepsOver([new Error('a'), new Error('b'), new Error('c'), done]);

    expect(numbers).toEqual([1, 2, 3, 4]);
    expect(sleeps).toEqual([500, 500, 1_000, 2_000, 60_000]);
  });

  it.each<[string, PassOutcome, number]>([
    ['fm-15 as long as Retry-After says', { kind: 'failed', code: 'RATE_LIMITED', retryAfterMs: 42_000 }, 42_000],
    ['fm-15 five minutes if Retry-After says more', { kind: 'failed', retryAfterMs: 3_600_000 }, 300_000],
    ['fm-15 as after any failure if Retry-After is 0', { kind: 'failed', retryAfterMs: 0 }, 500],
    ['five minutes after a refused token', { kind: 'failed', code: 'CONTROL_PLANE_AUTH' }, 300_000],
    ['five minutes if AWS refuses every account', { kind: 'failed', code: 'CREDENTIALS' }, 300_000],
    ['10 s while an endpoint is changing', { kind: 'done', isTransitional: true }, 10_000],
    ['until changes held back are due', { kind: 'done', isTransitional: false, heldUntilMs: 7_000 }, 7_000],
  ])('waits %s', async (_, outcome, ms) => {
    expect((await sleepsOver([outcome])).sleeps).toEqual([500, ms]);
  });

  it('reports the end of each pass after it knows whether it is ready', async () => {
    const stopping = new AbortController();
    const told: boolean[] = [];
    const clock = { now: () => 0, monotonicMs: () => 0, sleep: async () => {} };
    const pass = async (number: number): Promise<PassOutcome> => {
      if (number === 3) stopping.abort();
      return number === 1 ? { kind: 'failed' } : done;
    };
    const onPass = () => void told.push(worker.isReady());
    const options = { pass, clock, intervalMs: () => 60_000, random: () => 0.5, onPass };
    const worker = startWorker(options, stopping.signal);

    await worker.ended;

    expect(told).toEqual([false, true, true]);
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
    const clock = { now: () => 0, monotonicMs: () => 0, sleep: async (ms: number) => void sleeps.push(ms) };
    const worker = startWorker({ pass, clock, intervalMs: () => 60_000, random: () => 0.5 }, stopping.signal);
    await worker.ended;

    expect(sleeps).toEqual([500, 60_000]);
    expect(most).toBe(1);
  });
});

/** A worker whose passes and waits end when the test says so. */
function openHeld() {
  const stopping = new AbortController();
  const waits: { readonly ms: number; readonly end: () => void }[] = [];
  const passes: { readonly number: number; readonly end: (outcome: PassOutcome) => void }[] = [];
  let nowMs = 0;
  let wallMs = 0;
  const clock = {
    now: () => wallMs,
    monotonicMs: () => nowMs,
    sleep: (ms: number, signal: AbortSignal) =>
      new Promise<void>((end) => {
        waits.push({ ms, end });
        if (signal.aborted) end();
        signal.addEventListener('abort', () => end(), { once: true });
      }),
  };
  const pass = (number: number) => new Promise<PassOutcome>((end) => void passes.push({ number, end }));
  const worker = startWorker({ pass, clock, intervalMs: () => 60_000, random: () => 0.5 }, stopping.signal);
  const settle = () => new Promise((resolve) => setImmediate(resolve));
  return {
    worker,
    waits,
    passes,
    settle,
    advance: (ms: number) => {
      nowMs += ms;
      wallMs += ms;
    },
    step: (ms: number) => {
      wallMs += ms;
    },
    /** Ends the running pass; returns the wait that follows. */
    endPass: async (outcome: PassOutcome) => {
      passes.at(-1)?.end(outcome);
      await settle();
      return waits.at(-1)?.ms;
    },
    stop: async () => {
      stopping.abort();
      passes.at(-1)?.end(done);
      await worker.ended;
    },
  };
}

describe('a trigger during a wait', () => {
  it.each<[string, PassOutcome, number]>([
    ['ends the interval', done, 2],
    ['does not end the wait of Retry-After', { kind: 'failed', retryAfterMs: 42_000 }, 1],
    ['does not end the wait after a refused token', { kind: 'failed', code: 'CONTROL_PLANE_AUTH' }, 1],
  ])('%s', async (_, outcome, passesAfter) => {
    const { worker, waits, passes, settle, endPass, stop } = openHeld();
    waits[0]?.end();
    await settle();
    await endPass(outcome);

    worker.trigger();
    await settle();
    const begun = passes.length;
    await stop();

    expect(begun).toBe(passesAfter);
  });
});

describe('isAlive', () => {
  it.each<[string, PassOutcome, number]>([
    ['an interval', done, 60_000],
    ['the longest Retry-After', { kind: 'failed', retryAfterMs: 3_600_000 }, 300_000],
  ])('fm-06 is true for %s and a minute more, no longer', async (_, outcome, waitMs) => {
    const { worker, waits, settle, advance, endPass, stop } = openHeld();
    waits[0]?.end();
    await settle();
    await endPass(outcome);

    advance(waitMs + 60_000);
    const isAlive = worker.isAlive();
    advance(1);
    const isStillAlive = worker.isAlive();
    await stop();

    expect([isAlive, isStillAlive]).toEqual([true, false]);
  });

  it.each([10 * 60_000, 30 * 86_400_000, -6 * 3_600_000])(
    'fm-41 is true when the clock is set by %i ms',
    async (ms) => {
      const { worker, waits, settle, step, endPass, stop } = openHeld();
      const alive: boolean[] = [];
      waits[0]?.end();
      await settle();

      step(ms);
      alive.push(worker.isAlive());
      await endPass(done);
      step(ms);
      alive.push(worker.isAlive());
      await stop();

      expect(alive).toEqual([true, true]);
    },
  );

  it('fm-06 is true for a pass as long as its limits allow, no longer', async () => {
    const { worker, waits, settle, advance, stop } = openHeld();
    waits[0]?.end();
    await settle();

    advance(75 * 60_000);
    const isAlive = worker.isAlive();
    advance(1);
    const isStillAlive = worker.isAlive();
    await stop();

    expect([isAlive, isStillAlive]).toEqual([true, false]);
  });
});

it('fm-15 the worker numbers passes upwards over failures, and is ready after the first success', async () => {
  const { worker, waits, passes, settle, endPass, stop } = openHeld();
  const ready: boolean[] = [];
  for (const outcome of [{ kind: 'failed', retryAfterMs: 1 }, { kind: 'failed' }, done, { kind: 'failed' }] as const) {
    waits.at(-1)?.end();
    await settle();
    await endPass(outcome);
    ready.push(worker.isReady());
  }
  await stop();

  expect(passes.map(({ number }) => number)).toEqual([1, 2, 3, 4]);
  expect(ready).toEqual([false, false, true, true]);
});
