import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { serialiseSnapshot } from '#discovery/snapshot/file';
import { runOnce } from '#sync/pass/run-once';
import { createMetrics } from '#sync/watch/metrics/store';
import { createWatchPass } from '#sync/watch/watch-pass';
import { startWorker } from '#sync/watch/worker';
import { createMemoryControlPlane } from '../support/control-planes/memory';
import { createFakeClock, silentLog } from '../support/passes';
import { createAws } from './aws';
import { awsFaults, konnectFaults, type Pass, type Step } from './history';
import { createFate, emptyDisk, startProcess } from './processes';

export type WatchMemory = {
  readonly passes: number;
  /** Bytes of heap after a forced collection. */
  readonly afterFirst: number;
  readonly afterLast: number;
  /** Growth of the heap relative to before. */
  readonly growth: number;
  /**
   * Handles that keep the process alive after the worker ended, beyond those from before its start.
   */
  readonly openHandles: readonly string[];
};

const startMs = 1_795_000_000_000;

/**
 * Runs the watch worker over an AWS with constant changes and faults, with a clock that waits for
 * nobody.
 */
export async function measureWatch({ first = 100, last = 10_000, log = silentLog } = {}): Promise<WatchMemory> {
  const collect = openCollector();
  const before = process.getActiveResourcesInfo();
  const clock = createFakeClock(startMs);
  const aws = createAws(() => startMs + clock.monotonicMs());
  const plane = createMemoryControlPlane('test');
  const watch = startProcess({ clock, sources: aws.openSources(clock), disk: emptyDisk(), isWorker: false });
  const stopping = new AbortController();
  const heap = new Map<number, number>();
  let text = '';
  let step: Pass = passOf(0);
  const pass = createWatchPass({
    run: runOnce,
    intervalMs: () => 60_000,
    dependencies: () => watch.dependencies(plane, step, createFate(undefined)),
    clock,
    metrics: createMetrics(),
    log,
    onSnapshot: (seen) => {
      text = serialiseSnapshot(seen, 'test');
    },
  });
  const worker = startWorker(
    {
      pass: async (number, signal) => {
        step = passOf(number);
        aws.setFaults(step.aws);
        for (const change of changesBefore(number)) aws.take(change);
        if (number % 97 === 0) clock.step((number % 2 === 0 ? 6 : -6) * 3_600_000);
        const outcome = await pass(number, signal);
        plane.writes.length = 0;
        if (number === first || number === last) heap.set(number, await collect());
        if (number === last) stopping.abort();
        return outcome;
      },
      intervalMs: () => 60_000,
      clock,
      random: () => 0.5,
    },
    stopping.signal,
  );
  await worker.ended;
  if (text === '') throw new Error('the worker has seen nothing');
  const [afterFirst = 0, afterLast = 0] = [heap.get(first), heap.get(last)];
  const openHandles = without(process.getActiveResourcesInfo(), before);
  return { passes: last, afterFirst, afterLast, growth: afterLast / afterFirst - 1, openHandles };
}

/** An occasional fault, of each kind in turn. */
function passOf(number: number): Pass {
  const fault = <T>(kinds: readonly [T, ...T[]], every: number): T =>
    (number % every === 0 ? kinds[(number / every) % kinds.length] : kinds[0]) ?? kinds[0];
  return {
    do: 'pass',
    by: 'worker',
    aws: [fault(awsFaults, 3), fault(awsFaults, 5)],
    konnect: { fault: fault(konnectFaults, 7), atWrite: 0, times: 1 },
    allowRemovals: 1_000,
  };
}

/**
 * Twelve endpoints at first. One of them fails in every fourth pass and returns two passes later: a
 * growing world would be measured too.
 */
function changesBefore(number: number): readonly Step[] {
  if (number === 1) {
    return Array.from({ length: 12 }, (_, index): Step => {
      const domain = `sd${1 + (index % 3)}`;
      return { do: 'create', scope: index % 3, domain, zones: 2, accepted: true };
    });
  }
  if (number % 2 === 1) return [];
  return [{ do: 'setState', endpoint: Math.floor(number / 4), state: number % 4 === 0 ? 'failed' : 'available' }];
}

/** Returns the bytes of heap after all garbage is gone. */
function openCollector(): () => Promise<number> {
  setFlagsFromString('--expose-gc');
  const gc: () => void = runInNewContext('gc');
  return async () => {
    for (let round = 0; round < 3; round += 1) {
      gc();
      // The next round collects what a finalizer releases.
      await new Promise((resolve) => setImmediate(resolve));
    }
    return process.memoryUsage().heapUsed;
  };
}

function without(all: readonly string[], some: readonly string[]): readonly string[] {
  const left = [...all];
  for (const one of some) if (left.includes(one)) left.splice(left.indexOf(one), 1);
  return left;
}
