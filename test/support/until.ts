import { setTimeout as wait } from 'node:timers/promises';

const pauseMs = 20;

/** No measure of speed: whoever waits longer waits for what does not come. Below Jest's own limit, so that people read what was awaited. */
export const patienceMs = 300_000;

/** Asks again and again until it is so; what it throws counts as no. Rejects with what was awaited when it never comes. */
export async function until(what: string, isSo: () => boolean | Promise<boolean>): Promise<void> {
  const untilMs = performance.now() + patienceMs;
  let cause: unknown;
  while (performance.now() < untilMs) {
    try {
      if (await isSo()) return;
    } catch (thrown) {
      cause = thrown;
    }
    await wait(pauseMs);
  }
  throw new Error(`it did not come to this within ${patienceMs} ms: ${what}`, { cause });
}
