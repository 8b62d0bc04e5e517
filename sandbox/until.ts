import { setTimeout as wait } from 'node:timers/promises';
import { PrivatelinkError } from '#core/errors';

const patienceMs = 60_000;
const pauseMs = 20;

/**
 * Waits for the condition. Throws PrivatelinkError after a minute; `what` names the failure: `the
 * gateway did not start`.
 */
export async function until(what: string, isSo: () => unknown, signal: AbortSignal): Promise<void> {
  const lateMs = performance.now() + patienceMs;
  while (!(await isSo())) {
    if (performance.now() > lateMs) throw late(what);
    await wait(pauseMs, undefined, { signal });
  }
}

function late(what: string): PrivatelinkError {
  return new PrivatelinkError(`${what} within ${patienceMs} ms`, { code: 'TIMEOUT', fix: undefined });
}
