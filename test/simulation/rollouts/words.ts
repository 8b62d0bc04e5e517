import { isHalted, triedAgain } from '#sync/cli/rollout/orders';
import type { StageDisk } from '../stages/disk';
import type { StageName } from './history';

const by = { user: 'a person' };

/**
 * Approves later stages for everything that passed here, or will. Returns whether there was
 * something to approve.
 */
export async function approve(stage: StageName, { journal }: StageDisk, atMs: number): Promise<boolean> {
  const { state } = await journal(stage).read();
  const { trial, runs } = state;
  const isDue = trial?.revision === runs && (trial?.verdict ? trial.verdict.kind === 'pass' : !trial?.isFound);
  if (!trial || !isDue) return false;
  await journal(stage).write({ ...state, trial: { ...trial, approved: { atMs, by } } });
  return true;
}

/** Lets later stages have exactly these revisions, even without proof from this stage. */
export async function skip(stage: StageName, skipped: readonly string[], { journal }: StageDisk): Promise<void> {
  const { state } = await journal(stage).read();
  await journal(stage).write({ ...state, skipped });
}

/** Makes a halted stage prove itself again. Returns whether it was halted. */
export async function retry(stage: StageName, { journal }: StageDisk): Promise<boolean> {
  const { state } = await journal(stage).read();
  if (!isHalted(state)) return false;
  await journal(stage).write(triedAgain(state));
  return true;
}
