import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { createTimeline } from '#core/timing/clock';
import { createFakeClock } from '../../../support/passes';

const root = join(__dirname, '../../../..');

describe('a timeline', () => {
  it.each([
    [3_600_000, 3_600_000],
    [-3_600_000, -3_600_000],
    [1_001, 1_001],
    [1_000, 0],
    [-1_000, 0],
  ])('fm-41 reports a wall clock that was set by %i ms as a step of %i, once', (setMs, stepMs) => {
    const clock = createFakeClock();
    const timeline = createTimeline(clock);
    clock.advance(60_000);
    clock.step(setMs);

    expect([timeline.follow(), timeline.follow()]).toEqual([stepMs, 0]);
  });

  it('fm-41 converts times with the wall clock of its last check', () => {
    const clock = createFakeClock(1_000_000);
    const timeline = createTimeline(clock);
    clock.advance(60_000);
    const thenMs = clock.monotonicMs();
    clock.step(-3_600_000);
    const before = timeline.wallOf(thenMs);
    timeline.follow();

    expect([before, timeline.wallOf(thenMs)]).toEqual([1_060_000, 1_060_000 - 3_600_000]);
  });
});

function filesIn(folder: string): readonly string[] {
  return readdirSync(join(root, folder)).flatMap((name) => {
    const path = `${folder}/${name}`;
    return statSync(join(root, path)).isDirectory() ? filesIn(path) : [path];
  });
}

describe('the wall clock', () => {
  it('fm-41 is read only for times that leave the process or come from outside', () => {
    const readers = ['core', 'io', 'config', 'deck', 'discovery', 'plugin', 'sync']
      .flatMap(filesIn)
      .filter((path) => path.endsWith('.ts'))
      .filter((path) =>
        /\bDate\.now\b|[cC]lock\.now\b|\bnew Date\(\)|\bnow\(\)/.test(readFileSync(join(root, path), 'utf8')),
      );

    expect(readers.sort()).toEqual([
      'core/timing/clock.ts',
      'discovery/aws/role-credentials.ts',
      'discovery/providers/snapshot.ts',
      'discovery/snapshot/last-good.ts',
      'io/clock.ts',
      'plugin/server/run.ts',
      'plugin/server/serving/instances.ts',
      'sync/cli/commands/diff.ts',
      'sync/cli/commands/watch.ts',
      'sync/cli/rollout/orders.ts',
      'sync/cli/rollout/standing.ts',
      'sync/control-planes/kong-api/http.ts',
      'sync/control-planes/kong-api/server-clock.ts',
      'sync/control-planes/konnect/control-plane.ts',
      'sync/control-planes/konnect/measure.ts',
      'sync/control-planes/konnect/plane.ts',
      'sync/control-planes/konnect/settled.ts',
      'sync/doctor/context.ts',
      'sync/doctor/machine-checks.ts',
      'sync/explain/live.ts',
      'sync/pass/absences/ageing.ts',
      'sync/pass/absences/store.ts',
      'sync/rollout/advance/decide.ts',
      'sync/rollout/advance/known.ts',
      'sync/rollout/advance/rollout-of-stage.ts',
      'sync/rollout/advance/trial.ts',
      'sync/rollout/advance/turn.ts',
      'sync/rollout/memory.ts',
      'sync/rollout/notify/deliver.ts',
      'sync/rollout/notify/notifier.ts',
      'sync/rollout/rollback.ts',
      'sync/rollout/writer/writer.ts',
      'sync/watch/log/log.ts',
      'sync/watch/metrics/process.ts',
      'sync/watch/watch-pass.ts',
    ]);
  });
});
