import { setTimeout as wait } from 'node:timers/promises';

const pauseMs = 20;

/**
 * Not a measure of speed: after this time the event will never come. Below Jest's own limit, so
 * that people read the awaited event.
 */
export const patienceMs = 300_000;

/**
 * Checks again and again until it holds. An error counts as no. Rejects with the awaited event
 * after that time.
 */
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
