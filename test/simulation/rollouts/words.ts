import type { StageState } from '#sync/rollout/journal';
import type { StageDisk } from '../stages/disk';
import type { StageName } from './history';

const by = { user: 'a person' };

/** Lets later stages have what has passed here. Gives whether there was anything to approve. */
export async function approve(stage: StageName, { journal }: StageDisk, atMs: number): Promise<boolean> {
  const { state } = await journal(stage).read();
  const { trial } = state;
  if (trial?.verdict?.kind !== 'pass' || trial.revision !== state.runs || trial.approved) return false;
  await journal(stage).write({ ...state, trial: { ...trial, approved: { atMs, by } } });
  return true;
}

/** Lets later stages have a revision whether this one has proved it or not. */
export async function skip(stage: StageName, revision: string, { journal }: StageDisk): Promise<void> {
  const { state } = await journal(stage).read();
  await journal(stage).write({ ...state, skipped: [...(state.skipped ?? []), revision] });
}

/** Whether a stage stands still by what came of its trial: it has gone back, or was left as it is. */
export function isHalted({ trial, runs, pin, failed }: StageState): 'back' | 'halted' | undefined {
  if (pin) return failed && failed.revision === pin.left ? 'back' : undefined;
  return trial?.verdict && trial.verdict.kind !== 'pass' && trial.revision === runs ? 'halted' : undefined;
}

/** What the stage runs begins its trial anew. */
export async function tryAgain(stage: StageName, { journal }: StageDisk): Promise<void> {
  const { state } = await journal(stage).read();
  const trial = state.trial && { ...state.trial, verdict: undefined, bakingSinceMs: undefined };
  await journal(stage).write({ ...state, trial });
}
