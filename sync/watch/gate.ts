import { type Entity, nameOf } from '../../deck/document';
import { failureNames, whySkipped } from '../apply';
import type { Change } from '../changes';
import type { Report } from '../report';

/** After a first change, the next ones are collected this long (starting value). */
const windowMs = 30_000;

export type Gate = {
  /** Of the planned changes, those to write in this pass. */
  readonly admit: (changes: readonly Change[]) => readonly Change[];
  /** Takes what came of the pass. */
  readonly record: (report: Report) => void;
  /** When the changes held back by the last pass are due; undefined when none is. */
  readonly heldUntilMs: () => number | undefined;
  /** Names of the entities that are not written until what they should be changes. */
  readonly rejected: () => readonly string[];
};

/** Lets the first change through at once and collects those of the next 30 s (fm-09); what the control plane found invalid waits for other content (fm-14). */
export function createGate(now: () => number): Gate {
  const rejected = new Map<string, string>();
  let openAtMs = 0;
  let heldUntilMs: number | undefined;

  function isRejected(change: Change): boolean {
    return rejected.get(nameOf(change)) === contentOf(change.after);
  }

  return {
    admit: (changes) => {
      const planned = new Set(changes.map(nameOf));
      for (const name of rejected.keys()) if (!planned.has(name)) rejected.delete(name);
      const valid = without(changes, isRejected);
      // A withdrawal does not wait, and what was collected goes with it: a delete may depend on the create before it.
      const isDue = now() >= openAtMs || valid.some(({ action }) => action === 'delete');
      heldUntilMs = !isDue && valid.length > 0 ? openAtMs : undefined;
      if (isDue && valid.length > 0) openAtMs = now() + windowMs;
      return isDue ? valid : [];
    },
    record: ({ applied = [] }) => {
      for (const { change, code } of applied) {
        if (code === 'REJECTED') rejected.set(nameOf(change), contentOf(change.after));
        else rejected.delete(nameOf(change));
      }
    },
    heldUntilMs: () => heldUntilMs,
    rejected: () => [...rejected.keys()],
  };
}

/** The changes but for those and what depends on them. */
function without(changes: readonly Change[], isOut: (change: Change) => boolean): readonly Change[] {
  const failed = new Set<string>();
  return changes.filter((change) => {
    if (!isOut(change) && whySkipped(change, { failed, stopped: undefined }) === undefined) return true;
    for (const name of failureNames(change)) failed.add(name);
    return false;
  });
}

function contentOf(entity: Entity | undefined): string {
  return JSON.stringify(entity ?? null);
}
