import type { Problem } from '#core/errors';
import { groupBy } from '#core/group-by';
import { canonicalJson } from '#core/json';
import { type Entity, type HeldEntity, nameOf } from '#deck/document';
import { parentOfKey } from '#deck/keys';
import { isConfiguration, isOfCallers } from '#deck/revision';
import { isUnbounded } from '#deck/route-paths';
import type { AppliedChange, Change } from './changes';
import { leaveOut } from './dependants';
import { isIdle } from './removals/idle';

/** The part of a fresh plan that an approved plan allows. */
export type Approved = {
  /** Changes in both plans: the same entity, action and content afterwards. */
  readonly changes: readonly Change[];
  /** Planned changes without approval, which can safely wait for the next plan. */
  readonly leftOut: readonly AppliedChange[];
  /** Approved changes that are no longer needed. */
  readonly unnecessary: readonly Change[];
  /** Why nothing may be written: the plan has updates or removals that nobody approved. */
  readonly problem?: Problem;
};

/** Why a change that nobody approved is left out. */
export const unapproved = 'it is not in the approved plan';

const noTarget = 'none of its targets is in the approved plan';

/**
 * Compares the fresh plan with the approved plan. Both have the order of makePlan. `held`: what the
 * control plane holds.
 */
export function approve(
  planned: readonly Change[],
  approved: readonly Change[],
  held: readonly HeldEntity[] = [],
): Approved {
  const texts = new Set(approved.map(textOf));
  const plannedTexts = new Map(planned.map((change) => [change, textOf(change)]));
  const needed = new Set(plannedTexts.values());
  const isForeign = (change: Change) => !texts.has(plannedTexts.get(change) ?? '');
  const foreign = planned.filter((change) => !isHarmless(change) && isForeign(change));
  const bare = withoutTargets(planned, { isForeign, held });
  const { left, leftOut } = leaveOut(planned, (one) => isForeign(one) || bare.has(one), 'waits for the next plan');
  return {
    changes: left,
    leftOut: leftOut.map(({ change, reason = noTarget }) => ({
      change,
      outcome: 'skipped',
      error: isForeign(change) ? unapproved : reason,
    })),
    unnecessary: approved.filter((change) => !needed.has(textOf(change))),
    problem: whyOlder(approved, foreign) ?? (foreign.length > 0 ? refusalOf(foreign) : undefined),
  };
}

/**
 * Creates of upstreams and services without any target: no target is held, and all new ones are
 * foreign. Their routes would answer 503. Targets out of rotation do not count beside others.
 */
function withoutTargets(planned: readonly Change[], { isForeign, held }: Judging): ReadonlySet<Change> {
  const creates = planned.filter(({ action }) => action === 'create');
  const targets = groupBy(creates.filter(isTarget), ({ key }) => parentOfKey(key));
  const gone = new Set(planned.filter(({ isConfirmed }) => isConfirmed).map(nameOf));
  const serving = held.filter((one) => isTarget(one) && !isIdle(one) && !gone.has(nameOf(one)));
  const filled = new Set(serving.map(({ key }) => parentOfKey(key)));
  const isBare = (change: Change) => {
    const upstream = upstreamOf(change);
    const own = targets.get(upstream) ?? [];
    const live = own.filter(({ after }) => after && !isIdle(after));
    return own.length > 0 && !filled.has(upstream) && (live.length > 0 ? live : own).every(isForeign);
  };
  return new Set(creates.filter(isBare));
}

type Judging = { readonly isForeign: (change: Change) => boolean; readonly held: readonly HeldEntity[] };

const isTarget = ({ kind }: Pick<Entity, 'kind'>) => kind === 'target';

/** The upstream that a change is about or leads to; empty for other kinds. */
function upstreamOf({ kind, key, after }: Change): string {
  if (kind === 'service') return String(after?.fields.host);
  return kind === 'upstream' ? key : '';
}

/**
 * Whether a change may wait for the next plan: a create, or a table of callers, which changes as
 * callers come and go.
 */
function isHarmless(change: Change): boolean {
  return change.action === 'create' || (isOfCallers(change) && !isConfiguration(change));
}

/**
 * Why the approved plan is from an older version, which did not bound paths: it writes unbounded
 * routes, or it lacks the update that bounds a route.
 */
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

/**
 * Text that is equal for equal changes. Reasons may get new words, and the control plane chooses
 * ids, so the text has neither.
 */
function textOf({ action, kind, key, after }: Change): string {
  return canonicalJson([action, kind, key, after && contentOf(after)]);
}

function contentOf({ fields, tags }: Entity): unknown {
  return { fields, tags: [...tags].sort() };
}

/** A refusal names this many changes and counts the rest. */
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
