import type { Entity } from '../deck/document';
import { canonicalJson } from '../discovery/canonical-json';
import { failureNames, prerequisitesOf, targetsOf } from './apply';
import type { Change } from './changes';
import type { AppliedChange } from './report';

/** What an approved plan lets through of a fresh one. */
export type Approved = {
  /** In both plans: the same entity, the same action, the same content after. */
  readonly changes: readonly Change[];
  /** Planned, not approved, and harmless to leave for the next plan. */
  readonly leftOut: readonly AppliedChange[];
  /** Approved, and not needed any more. */
  readonly unnecessary: readonly Change[];
  /** Why nothing may be written: updates and removals that nobody approved. */
  readonly refused?: string;
};

/** Compares the plan made now with the one that people approved; both as makePlan orders them. */
export function approve(planned: readonly Change[], approved: readonly Change[]): Approved {
  const texts = new Set(approved.map(textOf));
  const names = new Set(planned.map(textOf));
  const foreign = planned.filter((change) => change.action !== 'create' && !texts.has(textOf(change)));
  const { changes, leftOut } = leaveOut(planned, (change) => texts.has(textOf(change)));
  const unnecessary = approved.filter((change) => !names.has(textOf(change)));
  return { changes, leftOut, unnecessary, refused: foreign.length > 0 ? refusalOf(foreign) : undefined };
}

/** What makes two changes the same; the reason may have new words, and ids are the control plane's. */
function textOf({ action, kind, key, after }: Change): string {
  return canonicalJson([action, kind, key, after && contentOf(after)]);
}

function contentOf({ fields, tags }: Entity): unknown {
  return { fields, tags: [...tags].sort() };
}

/** A change waits with what it stands on, and a target that only is absent stays while another of its upstream waits. */
function leaveOut(planned: readonly Change[], isApproved: (change: Change) => boolean) {
  const waiting = new Set<string>();
  const changes: Change[] = [];
  const leftOut: AppliedChange[] = [];
  for (const change of planned) {
    const missing = whyLeftOut(change, waiting, isApproved);
    if (!missing) changes.push(change);
    else {
      for (const name of failureNames(change)) waiting.add(name);
      leftOut.push({ change, outcome: 'skipped', error: missing });
    }
  }
  return { changes, leftOut };
}

function whyLeftOut(
  change: Change,
  waiting: ReadonlySet<string>,
  isApproved: (change: Change) => boolean,
): string | undefined {
  if (!isApproved(change)) return 'it is not in the approved plan';
  const missing = prerequisitesOf(change).find((name) => waiting.has(name));
  if (missing) return `its ${missing.replace(':', ' ')} is not in the approved plan`;
  const isAbsent = change.action === 'delete' && change.kind === 'target' && !change.isConfirmed;
  return isAbsent && waiting.has(targetsOf(change))
    ? 'another target of its upstream is not in the approved plan'
    : undefined;
}

/** Changes that a refusal names before it counts the rest. */
const namedChanges = 3;

function refusalOf(changes: readonly Change[]): string {
  const named = changes
    .slice(0, namedChanges)
    .map(({ action, kind, key, reason }) => `${action} ${kind} ${key} (${reason})`);
  const rest = changes.length > namedChanges ? ` and ${changes.length - namedChanges} more` : '';
  return `the approved plan does not contain ${named.join(', ')}${rest}: make a new one with diff --out, and have it approved`;
}
