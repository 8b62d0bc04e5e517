import type { ErrorCode } from '#core/errors';
import { backoffMs, jittered, longestBackoffMs } from '#core/timing/backoff';

/** Outcome of a pass, as far as it determines the time of the next pass. */
export type PassOutcome =
  /** `heldUntilMs`: monotonic time at which held changes are due. */
  | { readonly kind: 'done'; readonly isTransitional: boolean; readonly heldUntilMs?: number }
  | { readonly kind: 'failed'; readonly code?: ErrorCode; readonly retryAfterMs?: number };

export type Timing = {
  readonly intervalMs: number;
  /** Failed passes in a row. */
  readonly failures: number;
  /** By the monotonic clock. */
  readonly nowMs: number;
  /** 0 to 1. */
  readonly random: () => number;
};

/** Scopes with an endpoint in a transitional state are read again after this time. */
const transitionalMs = 10_000;
/** Refused credentials stay refused for a while, and frequent attempts can lock accounts. */
const refused: ReadonlySet<ErrorCode | undefined> = new Set(['CONTROL_PLANE_AUTH', 'CREDENTIALS']);
/** Spreads the first reading of workers that start together. */
const longestStartMs = 1_000;

/** Returns the milliseconds before the first pass, less than a second. */
export function startDelayMs(random: () => number): number {
  return random() * longestStartMs;
}

/** Returns the milliseconds between two passes, after a failure at most five minutes. */
export function pauseMs(outcome: PassOutcome, timing: Timing): number {
  return outcome.kind === 'failed' ? retryMs(outcome, timing) : intervalMs(outcome, timing);
}

function retryMs({ code, retryAfterMs }: Extract<PassOutcome, { kind: 'failed' }>, timing: Timing): number {
  // A Retry-After of 0 asks for no wait. Passes without a pause would be a storm.
  if (retryAfterMs) return Math.min(retryAfterMs, longestBackoffMs);
  return refused.has(code) ? longestBackoffMs : backoffMs(timing.failures, timing.random);
}

function intervalMs(
  { isTransitional, heldUntilMs = Infinity }: Extract<PassOutcome, { kind: 'done' }>,
  { intervalMs, nowMs, random }: Timing,
): number {
  return Math.min(
    jittered(intervalMs, random),
    isTransitional ? transitionalMs : Infinity,
    Math.max(0, heldUntilMs - nowMs),
  );
}
