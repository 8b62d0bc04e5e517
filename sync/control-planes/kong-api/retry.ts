import type { PrivatelinkError } from '#core/errors';
import type { Clock } from '#core/timing/clock';

/**
 * Result of one try. A failure says whether a retry makes sense, and the shortest wait before it.
 */
export type Tried =
  | { readonly value: unknown }
  | { readonly error: PrivatelinkError; readonly retryAfterMs?: number; readonly isWorthRetrying: boolean };

export type RetryTiming = { readonly clock: Clock; readonly random: () => number };

const tries = 3;
/** Doubles with every try. The first value is that of undici's own retry. */
const backoffMs = 500;
/**
 * A longer Retry-After ends the tries: the next pass plans again instead of writing old data
 * (fm-15).
 */
const longestWaitMs = 5_000;

/**
 * Tries up to three times with jitter. Returns the value, or throws the last error. undici's retry
 * interceptor (7.30) does not fit: after a list that was cut short it asks for the missing bytes
 * with a Range header, which Konnect does not serve, and fails for good.
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

/**
 * Returns the milliseconds of a Retry-After header, given in seconds or as a date by the server's
 * clock. Undefined without a usable header.
 */
export function parseRetryAfter(header: string | undefined, nowMs: number): number | undefined {
  if (header === undefined || header === '') return undefined;
  const ms = /^\d+$/.test(header) ? Number(header) * 1_000 : Date.parse(header) - nowMs;
  return Number.isNaN(ms) ? undefined : Math.max(0, ms);
}
