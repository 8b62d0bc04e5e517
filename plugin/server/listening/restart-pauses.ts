/** A server that lived longer than this did not die of its start. */
const shortLifeMs = 10_000;
const firstMs = 1_000;
const longestMs = 30_000;

/**
 * Returns the pause before the next start, for the life of each process in milliseconds. There is
 * no pause unless the last life was short too. Then the pause is 1 s, doubled each time up to 30 s,
 * because each start costs calls of AWS's API.
 */
export function createRestartPauses(): (livedMs: number) => number {
  let shortLives = 0;
  return (livedMs) => {
    shortLives = livedMs < shortLifeMs ? shortLives + 1 : 0;
    return shortLives < 2 ? 0 : Math.min(longestMs, firstMs * 2 ** (shortLives - 2));
  };
}
