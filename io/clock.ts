import { setTimeout as wait } from 'node:timers/promises';
import type { Clock } from '#core/timing/clock';

export const systemClock: Clock = {
  now: Date.now,
  monotonicMs: () => performance.now(),
  sleep: async (ms, signal) => {
    await wait(ms, undefined, { signal }).catch(() => signal.throwIfAborted());
  },
};
