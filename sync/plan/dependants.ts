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
  const failed = new Set<string>();
  const left: Change[] = [];
  const leftOut: LeftOut[] = [];
  for (const change of changes) {
    const reason = whySkipped(change, { failed, what });
    if (reason === undefined && !isOut(change)) {
      left.push(change);
      continue;
    }
    leftOut.push({ change, reason });
    for (const name of failureNames(change)) failed.add(name);
  }
  return { left, leftOut };
}

type Failures = {
  /**
   * Names of entities (`kind:key`), and of groups (`targets of <upstream>`, `plugins of
   * <service>`).
   */
  readonly failed: ReadonlySet<string>;
  /** Why nothing more is tried. */
  readonly stopped?: string;
  /** What happened to the failed changes, as the reason says it. */
  readonly what?: string;
};

/** Why a change is not tried after these failures. Undefined: it is tried. */
export function whySkipped(
  change: Change,
  { failed, stopped, what = 'could not be written' }: Failures,
): string | undefined {
  if (stopped) return `not tried after: ${stopped}`;
  const missing = prerequisitesOf(change).find((name) => failed.has(name));
  if (missing) return `its ${missing.replace(':', ' ')} ${what}`;
  const group = change.action === 'delete' && !change.isConfirmed && groupOf(change).find((name) => failed.has(name));
  return group ? `kept, because another of the ${group} ${what}` : undefined;
}

/**
 * Names that fail together with this change: the entity, and for a target or plugin its whole
 * group.
 */
export function failureNames(change: Change): readonly string[] {
  return [nameOf(change), ...groupOf(change)];
}

/** The group in which the targets of one upstream, or the plugins of one service, fail together. */
function groupOf({ kind, key }: Change): readonly string[] {
  const isGrouped = kind === 'target' || (kind === 'plugin' && isGuard(key));
  return isGrouped ? [`${kind}s of ${parentOfKey(key)}`] : [];
}

/**
 * Names of entities that must exist, and be ours, before the change. A service on a foreign
 * upstream would send requests anywhere. A route without the plugins of its service would let in
 * callers that the plugins keep out.
 */
function prerequisitesOf(change: Change): readonly string[] {
  const { action, kind, key, after } = change;
  if (kind === 'plugin' && !after) return [`route:${parentOfKey(key)}`];
  if (!after) return [];
  // The names that need round-robin are still there.
  if (turnOf(change) === 'last') return [`targets of ${key}`];
  if (kind === 'service') return [`upstream:${after.fields.host}`];
  const parent = parentNameOf(after);
  if (!parent) return [];
  return kind === 'route' && action === 'create' ? [parent, `plugins of ${after.parent}`] : [parent];
}
