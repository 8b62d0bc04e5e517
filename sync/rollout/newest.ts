import { checksumOf } from '#core/json';
import type { Affinity } from '#deck/affinity';
import type { HeldEntity } from '#deck/document';
import type { BaseText } from '#deck/file/base';
import { digestsOf, isConfiguration, type Revision, revisionOf, settingsOf } from '#deck/revision';
import type { Hold, Pinned } from '../pass/plan-once';
import type { WhyWaiting } from '../pass/report';
import { affinityOf } from '../plan/pin';
import type { Plan } from '../plan/plan';
import { changedParts, type NextRevision } from './advance/proof';
import type { Baseline } from './gates/gate';
import type { StageState } from './journal';
import { type Revisions, readKept } from './revisions';

/** The input for the newest revision of a stage, beside its plan. */
export type Newest = { readonly revisions: Revisions; readonly affinity: Affinity; readonly base: readonly BaseText[] };

/** Returns a checksum of the parts of a revision outside its entities, as the journal keeps it. */
export function settingsId(of: Pick<Newest, 'affinity' | 'base'>): string {
  return checksumOf(settingsOf(of)).slice(0, 12);
}

/** Makes a revision of the held entities. `id` is the name in the journal, if there is one. */
export function heldRevision(held: readonly HeldEntity[], base: readonly BaseText[], id?: string): Revision {
  const revision = revisionOf({ desired: [], held, affinity: affinityOf(held), base });
  return id === undefined ? revision : { ...revision, id };
}

/** With a rollout: what a stage waits for, and what is measured before the write. */
export type StageTurn = {
  /** Why the stage may not get the revision yet. Undefined: it may. */
  readonly whyNot: (candidate: NextRevision) => Promise<WhyWaiting | undefined>;
  /** Reads the baselines of gates, by name. Never rejects. */
  readonly readBefore: () => Promise<Readonly<Record<string, Baseline>>>;
};

export type Holding = Newest & {
  readonly turn?: StageTurn;
  readonly withBaseOf: (revision: Revision) => Pick<Pinned, 'controlPlane' | 'base' | 'checkOutcome'>;
};

/**
 * Holds the stage at the revision that it runs, if the newest differs and its turn has not come.
 */
export async function readHold(
  plan: Plan,
  {
    state,
    held,
    options,
  }: { readonly state: StageState; readonly held: readonly HeldEntity[]; readonly options: Holding },
): Promise<Hold | undefined> {
  const { turn, revisions, base, affinity, withBaseOf } = options;
  const { runs, returnsTo } = state;
  if (!turn || isSurelySame(plan, state, options)) return undefined;
  const kept = await readKept(runs, revisions);
  const before = returnsTo === undefined ? kept : await readKept(returnsTo, revisions);
  const newest = revisionOf({ desired: plan.desired, held, before, affinity, base });
  if (newest.id === runs) return undefined;
  const running = kept ?? heldRevision(held, base, runs);
  const parts = digestsOf(newest);
  const changed = changedParts(digestsOf(running), parts);
  const waiting = changed.length > 0 ? await turn.whyNot({ revision: newest.id, parts, changed }) : undefined;
  if (!waiting) return undefined;
  // Entities that are not wanted leave with the next revision.
  const pinned = {
    revision: running,
    isFromAnother: () => false,
    isByTag: false,
    isHold: true,
    ...withBaseOf(running),
  };
  return { pinned, newest, waiting };
}

/** A quick answer for most passes, which only change addresses. */
function isSurelySame({ changes }: Plan, { runs, settings, pin }: StageState, options: Newest): boolean {
  if (runs === undefined || pin) return false;
  return settings === settingsId(options) && !changes.some(isConfiguration);
}
