import type { StageDisk } from '../stages/disk';
import { quietPass, type Step } from './history';
import { createRollouts } from './rollouts';

/**
 * Runs one history, lets it settle, and checks that the next passes write nothing. Throws a check's
 * finding.
 */
export async function simulateRollouts(history: readonly Step[], disk?: StageDisk): Promise<void> {
  const { stages, live, settle, end } = createRollouts(disk);
  try {
    for (const step of history) await live(step);
    await settle();
    for (const stage of stages) {
      stage.plane.writes.length = 0;
      stage.stateWrites = 0;
    }
    for (const step of [quietPass, { do: 'restart' }, quietPass] as const) await live(step);
    for (const { name, plane, stateWrites } of stages)
      if (plane.writes.length + stateWrites > 0)
        throw new Error(`${name}: a pass over what is settled wrote ${plane.writes} and ${stateWrites} files`);
  } finally {
    await end();
  }
}
