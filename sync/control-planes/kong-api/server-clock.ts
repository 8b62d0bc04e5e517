import type { Clocks } from '#core/timing/clock';

/** The wall clock of who answers, which the times in its answers are of: this machine's may be set to anything (fm-41). */
export type ServerClock = {
  /** Takes the Date header of an answer. */
  hear(date: string | undefined): void;
  /** Unix epoch, milliseconds; by this machine's clock as long as no answer had a date. */
  now(): number;
};

export function createServerClock({ now, monotonicMs }: Clocks): ServerClock {
  let aheadMs: number | undefined;
  let heard = '';
  return {
    hear: (date = '') => {
      // Hundreds of answers come in a second, and a date has no smaller part.
      if (date === heard) return;
      heard = date;
      const atMs = Date.parse(date);
      if (!Number.isNaN(atMs)) aheadMs = atMs - monotonicMs();
    },
    now: () => (aheadMs === undefined ? now() : monotonicMs() + aheadMs),
  };
}
