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

/** Gives what tells by how many milliseconds the wall clock was set since it was last asked; 0 where by a second at most. */
export function watchSteps({ now, monotonicMs }: Clocks): () => number {
  const difference = () => Math.round(now() - monotonicMs());
  let before = difference();
  return () => {
    const stepMs = difference() - before;
    if (Math.abs(stepMs) <= leastStepMs) return 0;
    before += stepMs;
    return stepMs;
  };
}
