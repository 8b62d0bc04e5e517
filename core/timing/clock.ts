/** Time as the product needs it, so that tests and the simulation bring their own. */
export type Clock = {
  /**
   * The wall clock: unix epoch, milliseconds. People and NTP set it, so it only stamps output and
   * measures nothing.
   */
  now(): number;
  /** The monotonic clock: milliseconds from an arbitrary start. It measures durations (fm-41). */
  monotonicMs(): number;
  /** Resolves after `ms`; rejects with the signal's reason when aborted. */
  sleep(ms: number, signal: AbortSignal): Promise<void>;
};

/** Both clocks: together they show that the wall clock was set. */
export type Clocks = Pick<Clock, 'now' | 'monotonicMs'>;

/**
 * Milliseconds. A smaller difference is no step: a clock under adjustment differs by that much too.
 */
const leastStepMs = 1_000;

/**
 * Two who read both clocks one after the other tell a step a few milliseconds apart. Who compares
 * the times of observations over a step adds this to the earlier one: rather an observation too few
 * than one that counts twice.
 */
export const inexactMs = 10;

/** The wall clock as a process follows it. */
export type Timeline = {
  /**
   * Notices a wall clock that was set since the last call. Returns by how many milliseconds; 0 for
   * at most a second.
   */
  follow(): number;
  /** Returns the time of the wall clock, as last followed, at this monotonic time. */
  wallOf(monotonicMs: number): number;
};

/**
 * Starts a timeline now. Times that a process keeps are monotonic, or move by the result of
 * `follow` (fm-41).
 */
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
