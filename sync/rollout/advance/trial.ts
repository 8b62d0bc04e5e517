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

/** With a rollout a revision that comes is on trial, and so is one that is written anew to a control plane that was emptied. */
export async function onTrial(state: StageState, { revision, planned, options }: Begun): Promise<StageState> {
  const { turn, now } = options;
  const { pinned, held } = planned;
  if (pinned && !pinned.isHold) return state;
  // What nobody tries is nothing that was proved, nor does it leave what was as the way back.
  if (!turn) return { ...state, trial: undefined, stable: undefined, failed: undefined, skipped: undefined };
  if (state.trial?.revision === revision.id && held.length > 0) return state;
  const isFound = pinned?.isHold || undefined;
  const before = isFound ? {} : await turn.readBefore();
  const trial = { revision: revision.id, sinceMs: now(), parts: digestsOf(revision), isFound, before };
  // Whoever said that later stages do not wait said it about one revision, which may come again.
  const skipped = state.skipped?.includes(revision.id) ? state.skipped : undefined;
  return { ...state, trial, stable: state.stable ?? lastOther(state), failed: undefined, skipped };
}

/** What it ran when rollouts began is what it goes back to. */
function lastOther({ runs, history }: StageState): string | undefined {
  return history.findLast(({ revision }) => revision !== runs)?.revision;
}

/** What a stage runs since before there was a rollout, or came back to, proves itself when somebody asks. */
export async function foundOnTrial(state: StageState, { turn, revisions, now }: Options): Promise<StageState> {
  const { runs, pin, isWhole } = state;
  if (!turn || pin || !isWhole || trialOf(state)) return state;
  const revision = await readKept(runs, revisions);
  if (!revision) return state;
  const found = { revision: revision.id, sinceMs: now(), parts: digestsOf(revision), isFound: true, before: {} };
  return { ...state, trial: found };
}
