import type { Verdict } from '#core/claims/verdicts';
import type { HeldEntity } from '#deck/document';

/** How a held target has been missed so far. Values only: they outlive the process. */
export type Absence = {
  /** Observations that missed it. */
  readonly count: number;
  /** Milliseconds between the first of these and the last, as far as they count. */
  readonly forMs: number;
  /** Milliseconds since the last. */
  readonly waitedMs: number;
  /** When the last was made, where that is known; unix epoch, milliseconds. */
  readonly observedAtMs?: number;
};

/** By target key. */
export type Absences = Readonly<Record<string, Absence>>;

export type Judged = { readonly target: HeldEntity; readonly verdict: Verdict };

/** When what is absent may leave. */
export type AbsencePolicy = { readonly removeAfterAbsences: number; readonly removeAfterSeconds: number };

export type CountContext = {
  /** Milliseconds since `previous` was counted. */
  readonly elapsedMs: number;
  readonly policy: AbsencePolicy;
};

/** Counts what was observed: one more for the absent, unchanged for the uncertain that nobody saw, forgotten for all others. */
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

/** What was counted before, where this pass says nothing of it. */
export function stillCounted(before: Absence, elapsedMs: number): Absence {
  return { ...before, waitedMs: before.waitedMs + elapsedMs };
}

/** One observation counts once, however often it is read (fm-39). */
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
 * What may count at most from one observation to the next: with `removeAfterAbsences` of them the time is just reached. Neither a pause
 * nor a clock that was set in between makes one observation do for several (fm-41).
 */
function mostBetweenMs({ policy: { removeAfterAbsences, removeAfterSeconds } }: CountContext): number {
  return Math.ceil((removeAfterSeconds * 1_000) / Math.max(1, removeAfterAbsences - 1));
}
