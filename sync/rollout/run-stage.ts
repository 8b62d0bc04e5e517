import { inStage } from '#io/api-calls';
import { systemClock } from '#io/clock';
import { backendOf } from '../control-planes/backends';
import type { PassDependencies } from '../pass/plan-once';
import type { Report } from '../pass/report';
import { runOnce } from '../pass/run-once';
import type { Session } from '../pass/session';
import { UnrecordedTrial } from './recorded';
import { type WriterFile, withWriter } from './writer/writer';

/**
 * Makes one pass over the session's control plane, while no other process of this stateDir writes
 * to it.
 */
export function runStage(session: PassDependencies & Pick<Session, 'config'>, signal: AbortSignal): Promise<Report> {
  return inStage(session.stage, () => writing(session, signal, runHeldIfNeeded));
}

/**
 * Addresses must not wait for a disk that takes no trial: the second pass holds the stage and
 * writes them.
 */
async function runHeldIfNeeded(deps: PassDependencies, signal: AbortSignal): Promise<Report> {
  try {
    return await runOnce(deps, signal);
  } catch (thrown) {
    if (!(thrown instanceof UnrecordedTrial)) throw thrown;
    return runOnce(deps, signal);
  }
}

/**
 * Does the work as the only writer of the control plane. `mayWrite` of the session checks that
 * before each write.
 */
export function writing<S extends PassDependencies & Pick<Session, 'config'>, T>(
  session: S,
  signal: AbortSignal,
  work: (session: S, signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const { during, warnings = [] } = session;
  // Other processes see the file by the machine's time, whatever clock the passes use.
  return withWriter(writerFileOf(session), { clock: systemClock, signal, during }, (writing) =>
    work({ ...session, mayWrite: writing.stillWriter, warnings: [...warnings, ...writing.warnings] }, writing.signal),
  );
}

function writerFileOf({ config: { stateDir, owner, controlPlane } }: Pick<Session, 'config'>): WriterFile {
  return { stateDir, owner, controlPlane: backendOf(controlPlane).identity };
}
