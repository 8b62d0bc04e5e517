/** Time as the product needs it, so that tests and the simulation bring their own. */
export type Clock = {
  /** The wall clock: unix epoch, milliseconds. People and NTP set it, so that it stamps what leaves the process and measures nothing. */
  now(): number;
  /** Milliseconds that only go on, from any beginning: what durations are measured with (fm-41). */
  monotonicMs(): number;
  /** Resolves after `ms`; rejects with the signal's reason when aborted. */
  sleep(ms: number, signal: AbortSignal): Promise<void>;
};

/** Wall clock and monotonic clock together: enough to notice that the first was set. */
export type Clocks = Pick<Clock, 'now' | 'monotonicMs'>;

/** Less is no step: a clock that is being adjusted runs ahead of the other by that much, too. */
const leastStepMs = 1_000;

/**
 * Two who read both clocks one after the other tell a step a few milliseconds apart. Who compares the times of observations over a step adds
 * this to the earlier one: rather an observation too few than one that counts twice.
 */
export const inexactMs = 10;

/** The wall clock as a process follows it. */
export type Timeline = {
  /** Takes note of a wall clock that was set since the last call, and gives by how many milliseconds; 0 for a second at most. */
  follow(): number;
  /** What the wall clock, as it was last followed, shows at this monotonic time. */
  wallOf(monotonicMs: number): number;
};

/** A timeline that begins now. Times that are kept in a process either are monotonic, or are moved by what `follow` gives (fm-41). */
export function createTimeline({ now, monotonicMs }: Clocks): Timeline {
  const difference = () => Math.round(now() - monotonicMs());
  let aheadMs = difference();
  return {
    follow: () => {
      const stepMs = difference() - aheadMs;
      if (Math.abs(stepMs) <= leastStepMs) return 0;
      aheadMs += stepMs;
      return stepMs;
    },
    wallOf: (atMs) => Math.round(atMs) + aheadMs,
  };
}
