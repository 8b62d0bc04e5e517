const firstMs = 1_000;
/** As `firstMs` the starting value that Prometheus and Kong's own controller use. */
export const longestBackoffMs = 5 * 60_000;

/** Milliseconds to wait after `failures` in a row (from 1): full jitter under 1 s, doubled each time up to 5 min; `random` gives 0 to 1. */
export function backoffMs(failures: number, random: () => number): number {
  return random() * Math.min(longestBackoffMs, firstMs * 2 ** (failures - 1));
}

/** The time, up to a tenth more or less, so that those who began together do not ask together for ever; `random` gives 0 to 1. */
export function jittered(ms: number, random: () => number): number {
  return ms * (0.9 + 0.2 * random());
}
