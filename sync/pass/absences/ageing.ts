import { type Clocks, inexactMs } from '#core/timing/clock';
import type { Absences } from '../../plan/removals/absences';
import type { Written } from './file';

export type Aged = {
  readonly absences: Absences;
  /** Milliseconds since they were written. */
  readonly elapsedMs: number;
  /**
   * Milliseconds by which the write time lies in the future. 0 for at most a second, and for a file
   * of this process.
   */
  readonly aheadMs: number;
};

/**
 * Measures the age of absences: by the monotonic clock for a file of this process, else by the wall
 * clock; never below 0 (fm-41).
 */
export type Ageing = {
  age(written: Written): Aged;
  /** Remembers what this process has just written. */
  keep(written: Written): void;
  /** Whether the file can stay: only its time would change, and the time is still recent. */
  isKept(absences: Absences): boolean;
};

/** A file without absences is rewritten after this time, to show that the folder is in use. */
const refreshMs = 300_000;
/** As in core/timing/clock.ts: a smaller difference is no change of the wall clock. */
const leastStepMs = 1_000;

export function createAgeing({ now, monotonicMs }: Clocks): Ageing {
  let kept: (Written & { readonly sinceMs: number }) | undefined;
  return {
    age: ({ writtenAtMs, absences }) => {
      const wallMs = now() - writtenAtMs;
      const own = kept?.writtenAtMs === writtenAtMs ? kept : undefined;
      const elapsedMs = Math.round(own ? monotonicMs() - own.sinceMs : Math.max(0, wallMs));
      const stepMs = wallMs - elapsedMs;
      if (Math.abs(stepMs) <= leastStepMs) return { absences, elapsedMs, aheadMs: 0 };
      return { absences: moved(absences, stepMs + inexactMs), elapsedMs, aheadMs: own ? 0 : -stepMs };
    },
    keep: (written) => {
      kept = { ...written, sinceMs: monotonicMs() };
    },
    isKept: (absences) =>
      kept !== undefined && isEmpty(absences) && isEmpty(kept.absences) && monotonicMs() - kept.sinceMs < refreshMs,
  };
}

function isEmpty(absences: Absences): boolean {
  return Object.keys(absences).length === 0;
}

/** Moves the times of observations to the present setting of the wall clock. */
function moved(absences: Absences, ms: number): Absences {
  const entries = Object.entries(absences).map(([key, one]) => {
    return [key, { ...one, observedAtMs: one.observedAtMs && one.observedAtMs + ms }] as const;
  });
  return Object.fromEntries(entries);
}
