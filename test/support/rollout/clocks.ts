import type { Clock } from '#core/timing/clock';
import { createFakeClock, type FakeClock } from '../passes';

const longestPollMs = 1_000;

/**
 * The clock of a process that waits: each of its polls is over at once, and the time has gone by. `onPoll` is told by when. Longer sleeps,
 * as between the renewals of what it does then, end with their signal.
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
