import { type Clocks, inexactMs } from '#core/timing/clock';
import type { Absences } from '../../plan/removals/absences';
import type { Written } from './file';

export type Aged = {
  readonly absences: Absences;
  /** Milliseconds since they were written. */
  readonly elapsedMs: number;
  /** By how much they were written in the future; 0 for a second at most, and for what this process wrote. */
  readonly aheadMs: number;
};

/** Says how old absences are: by the monotonic clock where this process wrote them, else by the wall clock, never less than nothing (fm-41). */
export type Ageing = {
  age(written: Written): Aged;
  /** Takes note of what this process has just written. */
  keep(written: Written): void;
  /** Whether writing these would change nothing but the time, and that is still right. */
  isKept(absences: Absences): boolean;
};

/** Without any absence the file is written again after this, to show that the folder is in use. */
const refreshMs = 300_000;
/** As in core/timing/clock.ts: less is no step of the wall clock. */
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

/** With the times of observations as the wall clock is set now. */
function moved(absences: Absences, ms: number): Absences {
  const entries = Object.entries(absences).map(([key, one]) => {
    return [key, { ...one, observedAtMs: one.observedAtMs && one.observedAtMs + ms }] as const;
  });
  return Object.fromEntries(entries);
}
