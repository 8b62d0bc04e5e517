import { setTimeout as wait } from 'node:timers/promises';
import type { Clock } from '#core/timing/clock';

/** The machine's time. */
export const systemClock = createClock({ ref: true });

/**
 * Timers of this clock keep no process alive: a plugin server started for its dump alone must exit.
 */
export const unreferencedClock = createClock({ ref: false });

function createClock({ ref }: { readonly ref: boolean }): Clock {
  return {
    now: Date.now,
    monotonicMs: () => performance.now(),
    sleep: async (ms, signal) => {
      await wait(ms, undefined, { signal, ref }).catch(() => signal.throwIfAborted());
    },
  };
}

/** A time of the wall clock as people read it: ISO 8601, to the second. */
export function timeOf(atMs: number): string {
  return new Date(atMs).toISOString().replace(/\.\d+Z$/, 'Z');
}
