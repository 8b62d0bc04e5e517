import { quietly } from '#io/terminal';
import { applyChanges } from '../../control-planes/apply';
import type { Rollout } from '../../control-planes/control-plane';
import { awaitRollout, readRolloutInTime } from '../../control-planes/data-planes';
import type { PassDependencies } from '../../pass/plan-once';
import type { AppliedChange, Change } from '../../plan/changes';

/** Returns the next changes. Called when all earlier changes are written and on the data planes. */
export type Step = () => Promise<readonly Change[]>;

/**
 * Writes step by step. The next step begins when the data planes have the last one, or after 30 s.
 * A failure ends the writes.
 */
export async function writeInSteps(
  steps: readonly Step[],
  deps: PassDependencies,
  signal: AbortSignal,
): Promise<readonly AppliedChange[]> {
  const { during = quietly, controlPlane, clock } = deps;
  const asking = { controlPlane, clock, signal };
  const results: AppliedChange[] = [];
  let isAwaited = false;
  let before: Rollout | undefined;
  for (const step of steps) {
    if (isAwaited) await during('waiting for the data planes', () => followed(before, asking));
    const changes = await step();
    isAwaited = changes.length > 0;
    if (!isAwaited) continue;
    before = await readRolloutInTime(asking);
    const applied = await applyChanges(changes, { ...deps, signal, onApplied: undefined });
    results.push(...applied.results);
    if (applied.results.some(({ outcome }) => outcome !== 'applied')) break;
  }
  return results;
}

/**
 * Waits for routes and services: Kong drops targets at once, but uses old routes for some seconds.
 */
async function followed(before: Rollout | undefined, asking: Parameters<typeof awaitRollout>[1]): Promise<void> {
  const { controlPlane, clock, signal } = asking;
  if (controlPlane.nodesFollowMs === undefined) await awaitRollout(before, asking);
  else await clock.sleep(controlPlane.nodesFollowMs, signal);
}
