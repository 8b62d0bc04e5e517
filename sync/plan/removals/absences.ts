import type { Verdict } from '#core/claims/verdicts';
import type { HeldEntity } from '#deck/document';

/**
 * How often and how long a held target was missing. Plain values, since they outlive the process.
 */
export type Absence = {
  /** Number of observations without the target. */
  readonly count: number;
  /** Milliseconds between the first and the last of these observations; long gaps are capped. */
  readonly forMs: number;
  /** Milliseconds since the last of these observations. */
  readonly waitedMs: number;
  /** Time of the last of these observations, if known; unix epoch, milliseconds. */
  readonly observedAtMs?: number;
};

/** By target key. */
export type Absences = Readonly<Record<string, Absence>>;

export type Judged = { readonly target: HeldEntity; readonly verdict: Verdict };

/** How often and how long a target must be absent before it may leave. */
export type AbsencePolicy = { readonly removeAfterAbsences: number; readonly removeAfterSeconds: number };

export type CountContext = {
  /** Milliseconds since `previous` was counted. */
  readonly elapsedMs: number;
  readonly policy: AbsencePolicy;
};

/**
 * Counts one more observation for absent targets, keeps the count of uncertain targets that nobody
 * saw, and forgets all others.
 */
export function countAbsences(previous: Absences, judged: readonly Judged[], context: CountContext): Absences {
  const entries = judged.flatMap(({ target, verdict }) => {
    const before = previous[target.key];
    if (verdict.is === 'absent') return [[target.key, countOne(before, verdict.observedAtMs, context)] as const];
    return verdict.is === 'uncertain' && !verdict.isSeen && before
      ? [[target.key, stillCounted(before, context.elapsedMs)] as const]
      : [];
  });
  return Object.fromEntries(entries);
}

/** Keeps the count when this pass has no observation. */
export function stillCounted(before: Absence, elapsedMs: number): Absence {
  return { ...before, waitedMs: before.waitedMs + elapsedMs };
}

/** Counts each observation once, however often it is read (fm-39). */
function countOne(before: Absence | undefined, observedAtMs: number | undefined, context: CountContext): Absence {
  if (!before) return { count: 1, forMs: 0, waitedMs: 0, observedAtMs };
  const { elapsedMs } = context;
  const isNew = observedAtMs === undefined || observedAtMs > (before.observedAtMs ?? -Infinity);
  if (!isNew) return stillCounted(before, elapsedMs);
  const mostMs = mostBetweenMs(context);
  const forMs = Math.min(before.forMs, (before.count - 1) * mostMs) + Math.min(before.waitedMs + elapsedMs, mostMs);
  return { count: before.count + 1, forMs, waitedMs: 0, observedAtMs: observedAtMs ?? before.observedAtMs };
}

/**
 * Longest time that one gap between observations may add: `removeAfterAbsences` observations just
 * reach `removeAfterSeconds`. So neither a pause nor a clock change makes one observation do the
 * work of several (fm-41).
 */
function mostBetweenMs({ policy: { removeAfterAbsences, removeAfterSeconds } }: CountContext): number {
  return Math.ceil((removeAfterSeconds * 1_000) / Math.max(1, removeAfterAbsences - 1));
}
