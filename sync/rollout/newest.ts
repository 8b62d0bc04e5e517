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

/** What makes the newest revision of a stage, beside its plan. */
export type Newest = { readonly revisions: Revisions; readonly affinity: Affinity; readonly base: readonly BaseText[] };

/** What makes a revision beside its entities, in the words of a journal. */
export function settingsId(of: Pick<Newest, 'affinity' | 'base'>): string {
  return checksumOf(settingsOf(of)).slice(0, 12);
}

/** What is held, as a revision; its name is that of what a journal says, where one does. */
export function heldRevision(held: readonly HeldEntity[], base: readonly BaseText[], id?: string): Revision {
  const revision = revisionOf({ desired: [], held, affinity: affinityOf(held), base });
  return id === undefined ? revision : { ...revision, id };
}

/** With a rollout: what a stage has to wait for, and what is measured before it is written. */
export type StageTurn = {
  /** Why it may not get the revision yet; undefined: it may. */
  readonly whyNot: (candidate: NextRevision) => Promise<WhyWaiting | undefined>;
  /** What gates compare with later, by their name; never rejects. */
  readonly readBefore: () => Promise<Readonly<Record<string, Baseline>>>;
};

export type Holding = Newest & {
  readonly turn?: StageTurn;
  readonly withBaseOf: (revision: Revision) => Pick<Pinned, 'controlPlane' | 'base' | 'checkOutcome'>;
};

/** What keeps the stage at the revision that it runs, where the newest is another one and its turn has not come. */
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
  // What is not wanted leaves with the revision that comes.
  const pinned = {
    revision: running,
    isFromAnother: () => false,
    isByTag: false,
    isHold: true,
    ...withBaseOf(running),
  };
  return { pinned, newest, waiting };
}

/** Most passes change addresses alone. */
function isSurelySame({ changes }: Plan, { runs, settings, pin }: StageState, options: Newest): boolean {
  if (runs === undefined || pin) return false;
  return settings === settingsId(options) && !changes.some(isConfiguration);
}
