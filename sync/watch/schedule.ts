import type { ErrorCode } from '#core/errors';
import { backoffMs, jittered, longestBackoffMs } from '#core/timing/backoff';

/** What a pass came to, as far as the next one's time depends on it. */
export type PassOutcome =
  /** `heldUntilMs` by the monotonic clock: when changes that wait are due. */
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

/** Scopes with an endpoint that is about to change state are read again this soon. */
const transitionalMs = 10_000;
/** Credentials that are refused now are refused a second later too; asking often locks accounts. */
const refused: ReadonlySet<ErrorCode | undefined> = new Set(['CONTROL_PLANE_AUTH', 'CREDENTIALS']);
/** So that workers that were started together do not read together. */
const longestStartMs = 1_000;

/** Milliseconds before the first pass: less than a second. */
export function startDelayMs(random: () => number): number {
  return random() * longestStartMs;
}

/** Milliseconds between a pass and the next one: never over five minutes after one that failed. */
export function pauseMs(outcome: PassOutcome, timing: Timing): number {
  return outcome.kind === 'failed' ? retryMs(outcome, timing) : intervalMs(outcome, timing);
}

function retryMs({ code, retryAfterMs }: Extract<PassOutcome, { kind: 'failed' }>, timing: Timing): number {
  // A Retry-After of 0 asks for nothing, and passes without a pause would be a storm.
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
