import { quietly } from '#io/terminal';
import { applyChanges } from '../../control-planes/apply';
import type { Rollout } from '../../control-planes/control-plane';
import { awaitRollout, readRolloutInTime } from '../../control-planes/data-planes';
import type { PassDependencies } from '../../pass/plan-once';
import type { AppliedChange, Change } from '../../plan/changes';

/** What to write next, asked when all before it is written and on the data planes. */
export type Step = () => Promise<readonly Change[]>;

/** Writes step by step; the data planes have one (or 30 s went by) before the next begins, and after a failure nothing more is written. */
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

/** Kong drops targets and upstreams at once, and goes on with its former routes and services for some seconds. */
async function followed(before: Rollout | undefined, asking: Parameters<typeof awaitRollout>[1]): Promise<void> {
  const { controlPlane, clock, signal } = asking;
  if (controlPlane.nodesFollowMs === undefined) await awaitRollout(before, asking);
  else await clock.sleep(controlPlane.nodesFollowMs, signal);
}
