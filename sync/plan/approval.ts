import type { Problem } from '#core/errors';
import { canonicalJson } from '#core/json';
import type { Entity } from '#deck/document';
import { isConfiguration, isOfCallers } from '#deck/revision';
import { isUnbounded } from '#deck/route-paths';
import type { AppliedChange, Change } from './changes';
import { leaveOut } from './dependants';

/** What an approved plan lets through of a fresh one. */
export type Approved = {
  /** In both plans: the same entity, the same action, the same content after. */
  readonly changes: readonly Change[];
  /** Planned, not approved, and harmless to leave for the next plan. */
  readonly leftOut: readonly AppliedChange[];
  /** Approved, and not needed any more. */
  readonly unnecessary: readonly Change[];
  /** Why nothing may be written: updates and removals that nobody approved. */
  readonly problem?: Problem;
};

/** Compares the plan made now with the one that people approved; both as makePlan orders them. */
export function approve(planned: readonly Change[], approved: readonly Change[]): Approved {
  const texts = new Set(approved.map(textOf));
  const isForeign = (change: Change) => !texts.has(textOf(change));
  const needed = new Set(planned.map(textOf));
  const foreign = planned.filter((change) => !isHarmless(change) && isForeign(change));
  const { left, leftOut } = leaveOut(planned, isForeign, 'is not in the approved plan');
  return {
    changes: left,
    leftOut: leftOut.map(({ change, reason }) => ({
      change,
      outcome: 'skipped',
      error: isForeign(change) ? 'it is not in the approved plan' : reason,
    })),
    unnecessary: approved.filter((change) => !needed.has(textOf(change))),
    problem: whyOlder(approved, foreign) ?? (foreign.length > 0 ? refusalOf(foreign) : undefined),
  };
}

/** What may wait for the next plan: what is new, and who connects and leaves between two plans, which are tables of callers. */
function isHarmless(change: Change): boolean {
  return change.action === 'create' || (isOfCallers(change) && !isConfiguration(change));
}

/** What a version approved that did not bound paths is another plan, or lacks the update of a route that this one plans. */
function whyOlder(approved: readonly Change[], foreign: readonly Change[]): Problem | undefined {
  const routes = [
    ...approved.filter(({ after }) => after && isUnbounded(after)),
    ...foreign.filter(({ action, before }) => action === 'update' && before && isUnbounded(before)),
  ];
  const keys = [...new Set(routes.map((one) => one.key))];
  if (keys.length === 0) return undefined;
  const named = `${keys.slice(0, namedChanges).join(', ')}${restOf(keys)}`;
  const reason = `an older version made the approved plan, without routes bounded by segments (/sd2 no longer matches /sd22): route ${named}`;
  return { reason, fix: anew };
}

/** What makes two changes the same; the reason may have new words, and ids are the control plane's. */
function textOf({ action, kind, key, after }: Change): string {
  return canonicalJson([action, kind, key, after && contentOf(after)]);
}

function contentOf({ fields, tags }: Entity): unknown {
  return { fields, tags: [...tags].sort() };
}

/** Changes that a refusal names before it counts the rest. */
const namedChanges = 3;

const anew = 'make a new plan with diff --out, and have it approved';

function refusalOf(changes: readonly Change[]): Problem {
  const named = changes
    .slice(0, namedChanges)
    .map(({ action, kind, key, reason }) => `${action} ${kind} ${key} (${reason})`);
  return { reason: `the approved plan does not contain ${named.join(', ')}${restOf(changes)}`, fix: anew };
}

function restOf(all: readonly unknown[]): string {
  return all.length > namedChanges ? ` and ${all.length - namedChanges} more` : '';
}
