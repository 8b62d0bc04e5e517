import type { PrivatelinkError } from '#core/errors';
import type { Clock } from '#core/timing/clock';

/** What became of one try. A failure says whether to try again, and after how long at least. */
export type Tried =
  | { readonly value: unknown }
  | { readonly error: PrivatelinkError; readonly retryAfterMs?: number; readonly isWorthRetrying: boolean };

export type RetryTiming = { readonly clock: Clock; readonly random: () => number };

const tries = 3;
/** Doubles with every try; the first value of undici's own retry. */
const backoffMs = 500;
/** A longer Retry-After is not waited for: the next pass plans afresh instead of writing what is old by then (fm-15). */
const longestWaitMs = 5_000;

/**
 * Tries up to three times with jitter and gives the value, or throws the last error.
 * Not undici's retry interceptor (7.30): after a list that was cut short it asks for the missing bytes with a Range header,
 * which Konnect does not serve, and fails for good.
 */
export async function retry(attempt: () => Promise<Tried>, timing: RetryTiming, signal: AbortSignal): Promise<unknown> {
  for (let tried = 1; ; tried += 1) {
    const outcome = await attempt();
    if ('value' in outcome) return outcome.value;
    const { error, retryAfterMs = 0, isWorthRetrying } = outcome;
    if (!isWorthRetrying || tried === tries || retryAfterMs > longestWaitMs) throw error;
    await timing.clock.sleep(retryAfterMs + timing.random() * backoffMs * 2 ** (tried - 1), signal);
  }
}

/** Milliseconds that a Retry-After header asks for, given as seconds or as a date by the server's own clock; undefined without a usable one. */
export function parseRetryAfter(header: string | undefined, nowMs: number): number | undefined {
  if (header === undefined || header === '') return undefined;
  const ms = /^\d+$/.test(header) ? Number(header) * 1_000 : Date.parse(header) - nowMs;
  return Number.isNaN(ms) ? undefined : Math.max(0, ms);
}
