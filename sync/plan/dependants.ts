import { nameOf, parentNameOf } from '#deck/document';
import { isGuard, parentOfKey } from '#deck/keys';
import { type Change, turnOf } from './changes';

/** A change that is left out. `reason` is set when the cause lies in other changes. */
export type LeftOut = { readonly change: Change; readonly reason?: string };

/**
 * Splits off the changes for which `isOut` is true, and the changes that depend on them. `what`
 * completes the reason: `its upstream sd2.privatelink <what>`.
 */
export function leaveOut(
  changes: readonly Change[],
  isOut: (change: Change) => boolean,
  what?: string,
): { readonly left: readonly Change[]; readonly leftOut: readonly LeftOut[] } {
  const failures = failuresAmong(changes);
  const left: Change[] = [];
  const leftOut: LeftOut[] = [];
  for (const change of changes) {
    const reason = failures.whySkipped(change, { what });
    if (reason === undefined && !isOut(change)) {
      left.push(change);
      continue;
    }
    leftOut.push({ change, reason });
    failures.add(change);
  }
  return { left, leftOut };
}

/** The failed ones among some changes. */
export type Failures = {
  /** Records that `change` failed, or was left out. */
  readonly add: (change: Change) => void;
  /** Why a change is not tried after these failures. Undefined: it is tried. */
  readonly whySkipped: (change: Change, why?: Why) => string | undefined;
};

type Why = {
  /** Why nothing more is tried. */
  readonly stopped?: string;
  /** What happened to the failed changes, as the reason says it. */
  readonly what?: string;
};

/** Collects what fails of `changes`, which are tried in their order. */
export function failuresAmong(changes: readonly Change[]): Failures {
  /** `kind:key` of an entity, and groups: `targets of <upstream>`, `plugins of <service>`. */
  const failed = new Set<string>();
  const newTargets = countNewTargets(changes);
  return {
    add: (change) => {
      for (const name of [nameOf(change), ...groupOf(change)]) failed.add(name);
      if (!isNewTarget(change)) return;
      const upstream = parentOfKey(change.key);
      const left = (newTargets.get(upstream) ?? 0) - 1;
      newTargets.set(upstream, left);
      if (left === 0) failed.add(eachTargetOf(upstream));
    },
    whySkipped: (change, { stopped, what = 'could not be written' } = {}) => {
      if (stopped) return `not tried after: ${stopped}`;
      const missing = prerequisitesOf(change).find((name) => failed.has(name));
      if (missing) return `${wordsOf(missing)} ${what}`;
      const group =
        change.action === 'delete' && !change.isConfirmed && groupOf(change).find((name) => failed.has(name));
      return group ? `kept, because another of the ${group} ${what}` : undefined;
    },
  };
}

const isNewTarget = ({ action, kind }: Change) => action === 'create' && kind === 'target';

/** By upstream. */
function countNewTargets(changes: readonly Change[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { key } of changes.filter(isNewTarget)) {
    const upstream = parentOfKey(key);
    counts.set(upstream, (counts.get(upstream) ?? 0) + 1);
  }
  return counts;
}

const eachTargetOf = (upstream: unknown) => `each target of ${upstream}`;

function wordsOf(name: string): string {
  return name.startsWith(eachTargetOf('')) ? name : `its ${name.replace(':', ' ')}`;
}

/** The group in which the targets of one upstream, or the plugins of one service, fail together. */
function groupOf({ kind, key }: Change): readonly string[] {
  const isGrouped = kind === 'target' || (kind === 'plugin' && isGuard(key));
  return isGrouped ? [`${kind}s of ${parentOfKey(key)}`] : [];
}

/**
 * Names of entities that must exist, and be ours, before the change. A service on a foreign
 * upstream would send requests anywhere, and a new one on an upstream without targets nowhere. A
 * route without the plugins of its service would let in callers that the plugins keep out.
 */
function prerequisitesOf(change: Change): readonly string[] {
  const { action, kind, key, after } = change;
  if (kind === 'plugin' && !after) return [`route:${parentOfKey(key)}`];
  if (!after) return [];
  // The names that need round-robin are still there.
  if (turnOf(change) === 'last') return [`targets of ${key}`];
  if (kind === 'service') {
    const { host } = after.fields;
    return [`upstream:${host}`, ...(action === 'create' ? [eachTargetOf(host)] : [])];
  }
  const parent = parentNameOf(after);
  if (!parent) return [];
  return kind === 'route' && action === 'create' ? [parent, `plugins of ${after.parent}`] : [parent];
}
