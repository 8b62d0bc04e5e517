import { setTimeout as wait } from 'node:timers/promises';

const pauseMs = 50;

/** Asks again and again until it is so; what it throws counts as no. Rejects after `timeoutMs` with what was awaited. */
export async function until(what: string, isSo: () => Promise<boolean>, timeoutMs = 20_000): Promise<void> {
  const untilMs = Date.now() + timeoutMs;
  let cause: unknown;
  while (Date.now() < untilMs) {
    const answer = await isSo().catch((thrown: unknown) => {
      cause = thrown;
      return false;
    });
    if (answer) return;
    await wait(pauseMs);
  }
  throw new Error(`it did not come to this within ${timeoutMs} ms: ${what}`, { cause });
}
