/** First wait and longest one: the starting values that Prometheus and Kong's own controller use. */
const firstMs = 1_000;
const longestMs = 5 * 60_000;

/** Milliseconds to wait after `failures` in a row (from 1): full jitter under 1 s, doubled each time up to 5 min; `random` gives 0 to 1. */
export function backoffMs(failures: number, random: () => number): number {
  return random() * Math.min(longestMs, firstMs * 2 ** (failures - 1));
}
