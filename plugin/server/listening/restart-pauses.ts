/** Who lived longer did not end because of how it begins. */
const shortLifeMs = 10_000;
const firstMs = 1_000;
const longestMs = 30_000;

/**
 * Gives, for each life of a process in milliseconds, how long to wait before the next: nothing unless the last one was short too, then
 * from 1 s, doubled each time up to 30 s; each start costs calls of AWS's API.
 */
export function createRestartPauses(): (livedMs: number) => number {
  let shortLives = 0;
  return (livedMs) => {
    shortLives = livedMs < shortLifeMs ? shortLives + 1 : 0;
    return shortLives < 2 ? 0 : Math.min(longestMs, firstMs * 2 ** (shortLives - 2));
  };
}
