import { nameOf } from '#deck/document';
import { isOfCallers } from '#deck/revision';
import type { Report } from '../pass/report';
import type { Change } from '../plan/changes';
import { contentOf } from '../plan/changes';
import { leaveOut } from '../plan/dependants';

/** After a first change, the next ones are collected this long. */
const windowMs = 30_000;
/** What was found invalid is tried again after this: a name that somebody else had may be free by then. */
const rejectedMs = 5 * 60_000;

/** How many changes wait for the end of the window, and when that is by the monotonic clock, where any does. */
export type Held = { readonly count: number; readonly untilMs?: number };

export type Gate = {
  /** Of the planned changes, those to write in this pass. */
  readonly admit: (changes: readonly Change[]) => readonly Change[];
  /** What was held back when last asked to admit. */
  readonly held: () => Held;
  /** Takes what came of the pass. */
  readonly record: (report: Report) => void;
  /** Names of the entities that wait, as the control plane found them invalid. */
  readonly rejected: () => readonly string[];
};

/** Lets the first change through at once and collects those of the next 30 s (fm-09); what the control plane found invalid waits five minutes, or for other content (fm-14). */
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
      // What a failure left over is not collected: it is tried again after the worker's back-off.
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

/** The deletes, and what else their domains need: what replaces a target, or no longer points at it, is there before it goes. And who may call. */
function withdrawals(changes: readonly Change[]): readonly Change[] {
  const domains = new Set(changes.filter(({ action }) => action === 'delete').map(({ domain }) => domain));
  return changes.filter((one) => domains.has(one.domain) || isOfCallers(one));
}
