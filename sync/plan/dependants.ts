import { nameOf, parentNameOf } from '#deck/document';
import { isGuard, parentOfKey } from '#deck/keys';
import { type Change, turnOf } from './changes';

/** A change that is not to be made: for a reason that lies in others, or (without one) in itself. */
export type LeftOut = { readonly change: Change; readonly reason?: string };

/** Splits off the changes that are out, and what depends on them; `what` is true of those that are out, in the words of the reason. */
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
  /** Names of entities (`kind:key`), and of groups (`targets of <upstream>`, `plugins of <service>`). */
  readonly failed: ReadonlySet<string>;
  /** Why nothing is tried any more. */
  readonly stopped?: string;
  /** What is true of those that failed, in the words of the reason. */
  readonly what?: string;
};

/** Why a change is not tried after what failed; undefined when it is. */
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

/** What counts as failed when this change was not made: the entity, and of a target or plugin also those beside it. */
export function failureNames(change: Change): readonly string[] {
  return [nameOf(change), ...groupOf(change)];
}

/** The name under which the targets of one upstream, or the plugins of one service, fail together. */
function groupOf({ kind, key }: Change): readonly string[] {
  const isGrouped = kind === 'target' || (kind === 'plugin' && isGuard(key));
  return isGrouped ? [`${kind}s of ${parentOfKey(key)}`] : [];
}

/**
 * What must be there, and ours, before the change: a service on somebody else's upstream would send requests anywhere, and a route
 * without the plugins of its service lets in whom they keep out.
 */
function prerequisitesOf(change: Change): readonly string[] {
  const { action, kind, key, after } = change;
  if (kind === 'plugin' && !after) return [`route:${parentOfKey(key)}`];
  if (!after) return [];
  // The names that it is for are still there.
  if (turnOf(change) === 'last') return [`targets of ${key}`];
  if (kind === 'service') return [`upstream:${after.fields.host}`];
  const parent = parentNameOf(after);
  if (!parent) return [];
  return kind === 'route' && action === 'create' ? [parent, `plugins of ${after.parent}`] : [parent];
}
