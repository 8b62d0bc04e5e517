import type { Logger } from 'pino';
import type { StageProgress, StageStep } from '../../rollout/advance/progress';
import { textOf } from '../log/text';

/** Gives what says, of each stage, the steps that it comes to, and no sample between them. */
export function openStepLog(log: Pick<Logger, 'info'>): (progress: StageProgress) => void {
  const said = new Map<string, string>();
  return (progress) => {
    const { stage, step, revision, newest, reason } = progress;
    // A pass that failed has lines of its own.
    if (step === 'behind') return;
    const told = [step, revision, ...(step === 'waits' ? [newest, reason] : [])].join(' ');
    if (said.get(stage) === told) return;
    said.set(stage, told);
    log.info({ stage, ...fieldsOf(progress) }, 'rollout');
  };
}

/** Where nothing is to be waited for, or the failed pass is told. */
const quiet: ReadonlySet<StageStep> = new Set(['done', 'behind']);

/** What the stage waits for, in a line for people; nothing where it does not. */
export function waitingOf(progress: StageProgress): string {
  return quiet.has(progress.step) ? '' : `${textOf('rollout', fieldsOf(progress))}\n`;
}

function fieldsOf({ step, revision, newest, until, reason }: StageProgress) {
  return { step, revision, newest, until, reason };
}
