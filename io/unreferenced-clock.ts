import { setTimeout as wait } from 'node:timers/promises';
import type { Clock } from '#core/timing/clock';

/** Time whose timers keep no process alive: a plugin server that was only asked for its dump must exit. */
export const unreferencedClock: Clock = {
  now: Date.now,
  monotonicMs: () => performance.now(),
  sleep: async (ms, signal) => {
    await wait(ms, undefined, { signal, ref: false }).catch(() => signal.throwIfAborted());
  },
};
