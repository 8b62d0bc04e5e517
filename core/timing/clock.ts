/** The product's view of time. Tests and the simulation bring their own. */
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

/** Both clocks together reveal a set wall clock. */
export type Clocks = Pick<Clock, 'now' | 'monotonicMs'>;

/**
 * Milliseconds. A smaller difference is no step: a clock under adjustment differs by that much too.
 */
const leastStepMs = 1_000;

/**
 * Two readers of both clocks see the same step a few milliseconds apart. A comparison of
 * observations over a step adds this to the earlier time: missing an observation is better than
 * counting one twice.
 */
export const inexactMs = 10;

/** The wall clock as a process follows it. */
export type Timeline = {
  /**
   * Detects a set wall clock since the last call. Returns the step in milliseconds; 0 for at most a
   * second.
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
