import { isHalted, triedAgain } from '#sync/cli/rollout/orders';
import type { StageDisk } from '../stages/disk';
import type { StageName } from './history';

const by = { user: 'a person' };

/** Lets later stages have what has passed here, or will. Gives whether there was anything to approve. */
export async function approve(stage: StageName, { journal }: StageDisk, atMs: number): Promise<boolean> {
  const { state } = await journal(stage).read();
  const { trial, runs } = state;
  const isDue = trial?.revision === runs && (trial?.verdict ? trial.verdict.kind === 'pass' : !trial?.isFound);
  if (!trial || !isDue) return false;
  await journal(stage).write({ ...state, trial: { ...trial, approved: { atMs, by } } });
  return true;
}

/** Lets later stages have these revisions whether this one has proved them or not, and no others any more. */
export async function skip(stage: StageName, skipped: readonly string[], { journal }: StageDisk): Promise<void> {
  const { state } = await journal(stage).read();
  await journal(stage).write({ ...state, skipped });
}

/** A halted stage proves itself once more. Gives whether it was one. */
export async function retry(stage: StageName, { journal }: StageDisk): Promise<boolean> {
  const { state } = await journal(stage).read();
  if (!isHalted(state)) return false;
  await journal(stage).write(triedAgain(state));
  return true;
}
