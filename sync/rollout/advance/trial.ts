import { digestsOf, type Revision } from '#deck/revision';
import type { Planned } from '../../pass/plan-once';
import { type StageState, trialOf } from '../journal';
import type { StageTurn } from '../newest';
import { type Revisions, readKept } from '../revisions';

type Options = { readonly turn?: StageTurn; readonly revisions: Revisions; readonly now: () => number };

type Begun = {
  readonly revision: Revision;
  readonly planned: Pick<Planned, 'pinned' | 'held'>;
  readonly options: Options;
};

/**
 * Puts a new revision on trial in a rollout, and a revision that is written again to an emptied
 * control plane.
 */
export async function onTrial(state: StageState, { revision, planned, options }: Begun): Promise<StageState> {
  const { turn, now } = options;
  const { pinned, held } = planned;
  if (pinned && !pinned.isHold) return state;
  // Without a rollout nothing is proved, and there is no stable revision to roll back to.
  if (!turn) return { ...state, trial: undefined, stable: undefined, failed: undefined, skipped: undefined };
  if (state.trial?.revision === revision.id && held.length > 0) return state;
  const isFound = pinned?.isHold || undefined;
  const before = isFound ? {} : await turn.readBefore();
  const trial = { revision: revision.id, sinceMs: now(), parts: digestsOf(revision), isFound, before };
  // A skip applies to one revision, which may come again.
  const skipped = state.skipped?.includes(revision.id) ? state.skipped : undefined;
  return { ...state, trial, stable: state.stable ?? lastOther(state), failed: undefined, skipped };
}

/** The revision to roll back to: the one that ran when rollouts began. */
function lastOther({ runs, history }: StageState): string | undefined {
  return history.findLast(({ revision }) => revision !== runs)?.revision;
}

/**
 * Puts on trial what the stage already ran before the rollout, or returned to. The trial runs when
 * somebody asks for it.
 */
export async function foundOnTrial(state: StageState, { turn, revisions, now }: Options): Promise<StageState> {
  const { runs, pin, isWhole } = state;
  if (!turn || pin || !isWhole || trialOf(state)) return state;
  const revision = await readKept(runs, revisions);
  if (!revision) return state;
  const found = { revision: revision.id, sinceMs: now(), parts: digestsOf(revision), isFound: true, before: {} };
  return { ...state, trial: found };
}
