import type { Logger } from 'pino';
import type { StageProgress, StageStep } from '../../rollout/advance/progress';
import { textOf } from '../log/text';

/** Returns a function that logs each new step of a stage, and no samples in between. */
export function openStepLog(log: Pick<Logger, 'info'>): (progress: StageProgress) => void {
  const said = new Map<string, string>();
  return (progress) => {
    const { stage, step, revision, newest, reason } = progress;
    // A failed pass has its own lines.
    if (step === 'behind') return;
    const told = [step, revision, ...(step === 'waits' ? [newest, reason] : [])].join(' ');
    if (said.get(stage) === told) return;
    said.set(stage, told);
    log.info({ stage, ...fieldsOf(progress) }, 'rollout');
  };
}

/** Steps without a wait, or reported as a failed pass. */
const quiet: ReadonlySet<StageStep> = new Set(['done', 'behind']);

/** Formats the wait of a stage in one line for people, empty without a wait. */
export function waitingOf(progress: StageProgress): string {
  return quiet.has(progress.step) ? '' : `${textOf('rollout', fieldsOf(progress))}\n`;
}

function fieldsOf({ step, revision, newest, until, reason }: StageProgress) {
  return { step, revision, newest, until, reason };
}
