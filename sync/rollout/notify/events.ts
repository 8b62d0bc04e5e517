import type { Decided } from '../advance/decide';
import type { StageProgress } from '../advance/progress';
import type { StageTurns } from '../advance/waves';
import type { RolloutEvent } from './notifier';

export type Hearers = {
  /** Events for people and webhooks. */
  readonly onEvent: (event: RolloutEvent) => void;
  readonly onWarning: (warning: string) => void;
};

/**
 * Returns the function that reports verdicts, each once in this process: a stage tries its rollback
 * again in every pass.
 */
export function openTelling({ onEvent, onWarning }: Hearers): (stage: string, decided: Decided) => void {
  const told = new Map<string, { readonly atMs: number; readonly problem?: string }>();
  return (stage, { verdict, revision, backTo, problem }) => {
    const { kind, gate, reason, atMs } = verdict;
    const last = told.get(stage);
    const isNew = last?.atMs !== atMs;
    told.set(stage, { atMs, problem });
    if (kind !== 'pass' && isNew) onEvent({ event: 'halt', stage, revision, gate, reason });
    if (backTo !== undefined) onEvent({ event: 'rollback', stage, revision: backTo, from: revision, reason });
    if (problem !== undefined && (isNew || last?.problem !== problem))
      onWarning(`stage ${stage} does not roll back: ${problem}`);
  };
}

/**
 * Returns the event that ends a rollout: all stages of the configuration are known, and each has
 * proved what it runs. `progress` is in the order of turns.
 */
export function endOf(
  progress: readonly StageProgress[],
  { listed }: Pick<StageTurns, 'listed'>,
): RolloutEvent | undefined {
  const last = progress.at(-1);
  const isOver = progress.length === listed.length && progress.every(({ step }) => step === 'done');
  return last && isOver ? { event: 'end', stage: last.stage, revision: last.revision ?? '' } : undefined;
}
