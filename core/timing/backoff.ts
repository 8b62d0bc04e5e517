const firstMs = 1_000;
/** `firstMs` is the starting value of Prometheus and of Kong's own controller. */
export const longestBackoffMs = 5 * 60_000;

/**
 * Returns milliseconds to wait after `failures` in a row (from 1): full jitter below 1 s, doubled
 * each time up to 5 min. `random` returns 0 to 1.
 */
export function backoffMs(failures: number, random: () => number): number {
  return random() * Math.min(longestBackoffMs, firstMs * 2 ** (failures - 1));
}

/**
 * Returns the time plus or minus up to a tenth: processes with a common start then drift apart.
 * `random` returns 0 to 1.
 */
export function jittered(ms: number, random: () => number): number {
  return ms * (0.9 + 0.2 * random());
}
