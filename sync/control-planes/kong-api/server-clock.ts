import type { Clocks } from '#core/timing/clock';

/**
 * Wall clock of the server, for times in its answers. This machine's clock may be wrong (fm-41).
 */
export type ServerClock = {
  /** Takes the Date header of an answer. */
  hear(date: string | undefined): void;
  /** Unix epoch, milliseconds. This machine's clock until an answer had a date. */
  now(): number;
};

export function createServerClock({ now, monotonicMs }: Clocks): ServerClock {
  let aheadMs: number | undefined;
  let heard = '';
  return {
    hear: (date = '') => {
      // Hundreds of answers arrive in a second, and a date has whole seconds.
      if (date === heard) return;
      heard = date;
      const atMs = Date.parse(date);
      if (!Number.isNaN(atMs)) aheadMs = atMs - monotonicMs();
    },
    now: () => (aheadMs === undefined ? now() : monotonicMs() + aheadMs),
  };
}
