import type { RolloutEvent } from '../notify/notifier';
import type { Decided } from './decide';

export type Hearers = {
  /** What people and webhooks are told. */
  readonly onEvent: (event: RolloutEvent) => void;
  readonly onWarning: (warning: string) => void;
};

/** Tells what came of trials, and once in this process: a stage that cannot go back yet is tried in each pass. */
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
      onWarning(`stage ${stage} does not go back: ${problem}`);
  };
}
