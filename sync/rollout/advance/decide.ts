import { messageLineOf } from '#core/errors';
import { type StageState, type StageTrial, type TrialVerdict, trialOf } from '../journal';
import type { StageSession } from '../open-stages';
import { planRollback, rollBack } from '../rollback';
import { writing } from '../run-stage';
import type { Judgement } from './judge';

/** The verdict of a trial, after it is recorded. */
export type Decided = {
  readonly verdict: TrialVerdict;
  readonly revision: string;
  /** The revision that the stage rolled back to. */
  readonly backTo?: string;
  /** Why the stage did not roll back although it should. */
  readonly problem?: string;
};

/**
 * Records the verdict of a trial. Does nothing when somebody else recorded it, or when another
 * trial has begun. Throws PrivatelinkError when it cannot be recorded.
 */
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
    // The verdict must be on the disk before it has effects.
    const decided = { ...state, stable, trial: { ...trial, verdict } };
    await journal.write(decided);
    return { verdict, revision, ...(await followUp(decided, writer, own)) };
  });
}

/**
 * A stage that rolled back and returned has a new trial. Samples of the earlier trial do not apply.
 */
function isSameTrial(one: StageTrial, other: StageTrial): boolean {
  return one.revision === other.revision && one.sinceMs === other.sinceMs;
}

/** The trial of the revision that the stage runs, while it has no verdict. */
export function undecidedIn(state: StageState): StageTrial | undefined {
  const trial = trialOf(state);
  return trial && !trial.verdict && state.isWhole && !state.pin ? trial : undefined;
}

/** Rolls a stage back whose trial failed, even in an earlier process. Throws PrivatelinkError. */
export function goBack(session: StageSession, signal: AbortSignal): Promise<Decided | undefined> {
  return writing(session, signal, async (writer, own) => {
    const { state } = await session.remembered.journal.read();
    const failed = failedIn(state, session);
    return failed && { ...failed, ...(await followUp(state, writer, own)) };
  });
}

type Failed = { readonly verdict: TrialVerdict; readonly revision: string };

/** A failed trial after which the stage has not rolled back yet. */
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

/**
 * Records that the bake of a trial has begun. A failure is ignored: only other processes miss the
 * note.
 */
export async function noteBake(session: StageSession, of: StageTrial, signal: AbortSignal): Promise<void> {
  await writing(session, signal, async () => {
    const { journal, now } = session.remembered;
    const { state } = await journal.read();
    const trial = undecidedIn(state);
    if (trial && isSameTrial(trial, of)) await journal.write({ ...state, trial: { ...trial, bakingSinceMs: now() } });
  }).catch(() => undefined);
}
