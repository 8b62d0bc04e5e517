import { messageLineOf } from '#core/errors';
import { type StageState, type StageTrial, type TrialVerdict, trialOf } from '../journal';
import type { StageSession } from '../open-stages';
import { planRollback, rollBack } from '../rollback';
import { writing } from '../run-stage';
import type { Judgement } from './judge';

/** What came of a trial, once it is written down. */
export type Decided = {
  readonly verdict: TrialVerdict;
  readonly revision: string;
  /** The revision that the stage went back to. */
  readonly backTo?: string;
  /** Why it did not, although it should. */
  readonly problem?: string;
};

/** Writes down what came of a trial, unless somebody else has, or another one is under way by now. Throws PrivatelinkError where it cannot. */
export function decide(
  session: StageSession,
  { of, judgement }: { readonly of: StageTrial; readonly judgement: Judgement },
  signal: AbortSignal,
): Promise<Decided | undefined> {
  return writing(session, signal, async (writer, own) => {
    const { journal, now } = session.remembered;
    const { state } = await journal.read();
    const trial = undecidedIn(state);
    if (!trial || !isSameTrial(trial, of)) return undefined;
    const { revision } = trial;
    const verdict = { ...judgement, atMs: now() };
    const stable = verdict.kind === 'pass' ? revision : state.stable;
    writer.mayWrite?.();
    // The word is on the disk before anything follows from it.
    const decided = { ...state, stable, trial: { ...trial, verdict } };
    await journal.write(decided);
    return { verdict, revision, ...(await followUp(decided, writer, own)) };
  });
}

/** A stage that went back and forth is on trial anew: what was seen before is not of this trial. */
function isSameTrial(one: StageTrial, other: StageTrial): boolean {
  return one.revision === other.revision && one.sinceMs === other.sinceMs;
}

/** The trial of what the stage runs, where nothing came of it yet. */
export function undecidedIn(state: StageState): StageTrial | undefined {
  const trial = trialOf(state);
  return trial && !trial.verdict && state.isWhole && !state.pin ? trial : undefined;
}

/** Takes a stage back whose trial failed, also one that failed in an earlier process. Throws PrivatelinkError. */
export function goBack(session: StageSession, signal: AbortSignal): Promise<Decided | undefined> {
  return writing(session, signal, async (writer, own) => {
    const { state } = await session.remembered.journal.read();
    const failed = failedIn(state, session);
    return failed && { ...failed, ...(await followUp(state, writer, own)) };
  });
}

type Failed = { readonly verdict: TrialVerdict; readonly revision: string };

/** The trial after which the stage has to go back and has not. */
export function failedIn(state: StageState, { rollout }: Pick<StageSession, 'rollout'>): Failed | undefined {
  const trial = trialOf(state);
  if (rollout?.config.onFailure !== 'rollback' || state.pin || !trial || trial.isFound) return undefined;
  const { verdict, revision } = trial;
  return verdict?.kind === 'fail' ? { verdict, revision } : undefined;
}

async function followUp(
  state: StageState,
  writer: StageSession,
  signal: AbortSignal,
): Promise<Pick<Decided, 'backTo' | 'problem'>> {
  const failed = failedIn(state, writer);
  if (!failed) return {};
  const { stable } = state;
  if (stable === undefined || stable === failed.revision) return { problem: 'no revision that it ran before is known' };
  try {
    const rollback = await planRollback(writer, stable, signal);
    if (rollback.report.refused) return { problem: rollback.report.refused };
    await rollBack(writer, { ...rollback, left: failed.revision, failed }, signal);
    return { backTo: stable };
  } catch (thrown) {
    signal.throwIfAborted();
    return { problem: messageLineOf(thrown) };
  }
}

/** Writes down that the gates of a trial are watched from now on; what cannot be written is only not told to others. */
export async function noteBake(session: StageSession, of: StageTrial, signal: AbortSignal): Promise<void> {
  await writing(session, signal, async () => {
    const { journal, now } = session.remembered;
    const { state } = await journal.read();
    const trial = undecidedIn(state);
    if (trial && isSameTrial(trial, of)) await journal.write({ ...state, trial: { ...trial, bakingSinceMs: now() } });
  }).catch(() => undefined);
}
