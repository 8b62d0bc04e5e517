import type { Clock } from '#core/timing/clock';
import { createFakeClock, type FakeClock } from '../passes';

const longestPollMs = 1_000;

/**
 * The clock of a waiting process: each poll ends at once, as if its time had passed. `onPoll` gets
 * that time. Longer sleeps, for example between renewals, end with their signal.
 */
export function createRushingClock(onPoll: (monotonicMs: number, clock: FakeClock) => unknown = () => {}): FakeClock {
  const clock = createFakeClock(1_800_000_000_000);
  return {
    ...clock,
    sleep: async (ms, signal) => {
      signal.throwIfAborted();
      if (ms > longestPollMs) return untilAborted(signal);
      clock.advance(ms);
      await onPoll(clock.monotonicMs(), clock);
      signal.throwIfAborted();
    },
  };
}

/** The clock of a process whose sleep lasts until it is woken. */
export function createSleepingClock(): Clock & { wake(): void; isAsleep(): boolean } {
  let wake: (() => void) | undefined;
  return {
    ...createFakeClock(1_800_000_000_000),
    isAsleep: () => wake !== undefined,
    wake: () => {
      wake?.();
      wake = undefined;
    },
    sleep: (_, signal) =>
      new Promise((resolve, reject) => {
        if (signal.aborted) return reject(signal.reason);
        const onAbort = () => reject(signal.reason);
        signal.addEventListener('abort', onAbort, { once: true });
        wake = () => {
          signal.removeEventListener('abort', onAbort);
          resolve();
        };
      }),
  };
}

function untilAborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
}

/** A clock that only the test moves, and whose sleeps last until their time has come. */
export function createHandClock(): FakeClock & { readonly sleeping: () => readonly number[] } {
  const clock = createFakeClock(1_800_000_000_000);
  const sleepers = new Set<{ readonly untilMs: number; readonly wake: () => void }>();
  return {
    ...clock,
    /** How long each sleep still lasts, the shortest first. */
    sleeping: () => [...sleepers].map(({ untilMs }) => untilMs - clock.monotonicMs()).sort((a, b) => a - b),
    advance: (ms) => {
      clock.advance(ms);
      for (const one of sleepers) if (one.untilMs <= clock.monotonicMs()) one.wake();
    },
    sleep: (ms, signal) =>
      new Promise((resolve, reject) => {
        if (signal.aborted) return reject(signal.reason);
        const end = (settle: () => void) => {
          sleepers.delete(sleeper);
          signal.removeEventListener('abort', onAbort);
          settle();
        };
        const onAbort = () => end(() => reject(signal.reason));
        const sleeper = { untilMs: clock.monotonicMs() + ms, wake: () => end(resolve) };
        sleepers.add(sleeper);
        signal.addEventListener('abort', onAbort, { once: true });
      }),
  };
}
