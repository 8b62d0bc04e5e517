import { nameOf } from '#deck/document';
import { isOfCallers } from '#deck/revision';
import type { Report } from '../pass/report';
import type { Change } from '../plan/changes';
import { contentOf } from '../plan/changes';
import { leaveOut } from '../plan/dependants';

/** After a first change, later changes are collected for this time. */
const windowMs = 30_000;
/** Invalid changes are tried again after this time. By then a taken name may be free. */
const rejectedMs = 5 * 60_000;

/** Number of held changes, and the end of the window by the monotonic clock. */
export type Held = { readonly count: number; readonly untilMs?: number };

export type Gate = {
  /** Returns the planned changes to write in this pass. */
  readonly admit: (changes: readonly Change[]) => readonly Change[];
  /** Changes held back by the last `admit`. */
  readonly held: () => Held;
  /** Takes the result of the pass. */
  readonly record: (report: Report) => void;
  /** Names of entities that wait because the control plane found them invalid. */
  readonly rejected: () => readonly string[];
};

/**
 * Admits the first change at once and collects the changes of the next 30 s (fm-09). An invalid
 * change waits five minutes, or for other content (fm-14).
 */
export function createGate(monotonicMs: () => number): Gate {
  const rejected = new Map<string, { readonly content: string; readonly untilMs: number }>();
  let openAtMs = 0;
  let held: Held = { count: 0 };

  function isRejected(change: Change): boolean {
    const entry = rejected.get(nameOf(change));
    return entry?.content === contentOf(change) && monotonicMs() < entry.untilMs;
  }

  return {
    admit: (changes) => {
      const planned = new Set(changes.map(nameOf));
      for (const name of rejected.keys()) if (!planned.has(name)) rejected.delete(name);
      const valid = leaveOut(changes, isRejected).left;
      const due = monotonicMs() >= openAtMs ? valid : withdrawals(valid);
      const count = valid.length - due.length;
      held = { count, untilMs: count > 0 ? openAtMs : undefined };
      return due;
    },
    record: ({ applied = [] }) => {
      // Changes left by a failure are not collected. The worker retries them after its back-off.
      const isWhole = applied.length > 0 && !applied.some(({ isTransient }) => isTransient);
      if (isWhole && monotonicMs() >= openAtMs) openAtMs = monotonicMs() + windowMs;
      for (const { change, code } of applied) {
        const name = nameOf(change);
        if (code === 'REJECTED')
          rejected.set(name, { content: contentOf(change), untilMs: monotonicMs() + rejectedMs });
        else rejected.delete(name);
      }
    },
    held: () => held,
    rejected: () => [...rejected.keys()],
  };
}

/**
 * Returns deletes and the other changes of their domains, so that replacements exist before a
 * delete. Also returns changes of callers.
 */
function withdrawals(changes: readonly Change[]): readonly Change[] {
  const domains = new Set(changes.filter(({ action }) => action === 'delete').map(({ domain }) => domain));
  return changes.filter((one) => domains.has(one.domain) || isOfCallers(one));
}
