import { setMaxListeners } from 'node:events';
import { messageLineOf, PrivatelinkError } from '#core/errors';
import { quietly, withElapsed } from '#io/terminal';
import { labelsOf } from '../../control-planes/konnect/select';
import { planOnce } from '../../pass/plan-once';
import type { Report } from '../../pass/report';
import { progressOf, type StageProgress } from '../../rollout/advance/progress';
import type { RolloutOfStage } from '../../rollout/advance/rollout-of-stage';
import { inTurn } from '../../rollout/advance/waves';
import { openStages, type StageSession } from '../../rollout/open-stages';
import { errorOfStage } from '../../rollout/stages';
import type { Configured } from '../verb';

export type OfRollout = Configured & {
  /** Name of the only stage to use. */
  readonly stage?: string;
};

/** A stage of a rollout, and its progress. */
export type Standing = {
  readonly session: StageSession & { readonly stage: string; readonly rollout: RolloutOfStage };
  readonly progress: StageProgress;
  /** Plan of the next pass. Absent: planning failed. */
  readonly report?: Report;
};

export type Standings = {
  /** In the order of the rollout. */
  readonly stages: readonly Standing[];
  /** Rows for a `select` whose stages could not be listed. */
  readonly unlisted: readonly StageProgress[];
};

/**
 * Opens the stages of a rollout. Throws PrivatelinkError, also where the configuration has no
 * rollout.
 */
export async function openRollout(options: OfRollout, signal: AbortSignal) {
  const { sessions, unlisted } = await openStages({ ...options, isReadOnly: true }, signal);
  const stages = sessions.flatMap((one) => (isOfRollout(one) ? [{ ...one, during: quietly }] : []));
  const [first] = stages;
  if (!first && sessions.length > 0) throw noRollout();
  setMaxListeners(0, signal);
  return { stages: first ? inTurn(stages, first.rollout.turns) : [], unlisted };
}

function isOfRollout(session: StageSession): session is Standing['session'] {
  return session.rollout !== undefined && session.stage !== undefined;
}

export function noRollout(): PrivatelinkError {
  const fix = 'add rollout to the configuration, or use sync: sync changes all stages at once';
  return new PrivatelinkError('rollout: the configuration has no rollout', { code: 'CONFIG_INVALID', fix });
}

/** Reads the progress of all stages. Writes nothing. */
export async function readStandings(options: OfRollout, signal: AbortSignal): Promise<Standings> {
  const { stages, unlisted } = await openRollout(options, signal);
  const reading = () => Promise.all(stages.map((session) => standingOf(session, signal)));
  return {
    stages: await withElapsed(options.terminal, `reading ${stages.length} stages`, reading),
    unlisted: unlisted.map(({ selection, thrown }) => ({
      stage: labelsOf(selection),
      step: 'behind',
      reason: messageLineOf(thrown),
    })),
  };
}

async function standingOf(session: Standing['session'], signal: AbortSignal): Promise<Standing> {
  const { stage, rollout, remembered } = session;
  const nowMs = remembered.now();
  try {
    const { report } = await planOnce(session, signal);
    const { state } = await remembered.journal.read();
    return { session, report, progress: progressOf({ stage, state, rollout, report, nowMs }) };
  } catch (thrown) {
    signal.throwIfAborted();
    const { state } = await remembered.journal.read();
    const problem = messageLineOf(errorOfStage(stage, thrown));
    return { session, progress: progressOf({ stage, state, rollout, problem, nowMs }) };
  }
}
