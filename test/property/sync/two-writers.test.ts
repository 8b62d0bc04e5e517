import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { DomainSettings } from '#core/model';
import { nameOf } from '#deck/document';
import type { EntityControlPlane } from '#sync/control-planes/control-plane';
import { runOnce } from '#sync/pass/run-once';
import { createMetrics } from '#sync/watch/metrics/store';
import { createWatchPass } from '#sync/watch/watch-pass';
import { endpointOf, knownScope, snapshotOf } from '../../support/builders';
import { createPasses, type Passes, silentLog } from '../../support/passes';

const before = [endpointOf(), endpointOf({ id: 'vpce-3', domain: 'sd3', addresses: [] })];
const after = [
  endpointOf({ state: 'deleting', addresses: [] }),
  endpointOf({ id: 'vpce-2', createdAtMs: 2_000, addresses: [{ ip: '10.0.9.9', region: 'us-east-1' }] }),
  endpointOf({ id: 'vpce-3', domain: 'sd3', addresses: [{ ip: '10.0.3.3', region: 'us-east-1' }], weight: 7 }),
];

describe('two writers of one owner', () => {
  it('fm-10 converge with the same configuration, for any order of their reads and writes', async () => {
    await fc.assert(
      fc.asyncProperty(fc.scheduler(), async (scheduler) => {
        const passes = createPasses();
        await passes.pass(knownScope(before));
        const deps = {
          ...passes.deps,
          discover: async () => snapshotOf(knownScope(after)),
          controlPlane: interleaved(passes.plane, scheduler),
        };
        const both = Promise.all([1, 2].map(() => runOnce(deps, new AbortController().signal)));
        await scheduler.waitFor(both);
        passes.plane.writes.length = 0;

        await passes.pass(knownScope(after));

        expect(targetsOf(passes)).toEqual(['sd2.privatelink|10.0.9.9:80', 'sd3.privatelink|10.0.3.3:80']);
        expect(passes.plane.writes).toEqual([]);
      }),
      { numRuns: 100 },
    );
  });

  it('fm-10 both warn of flapping within three passes when their configurations differ', async () => {
    const passes = createPasses();
    const writers = [5, 10].map((intervalSeconds) => openWriter(passes, { sd2: { healthcheck: { intervalSeconds } } }));

    for (let number = 1; number <= 3; number += 1) {
      for (const writer of writers) {
        passes.clock.advance(30_000);
        await writer.pass(number, new AbortController().signal);
      }
    }

    for (const { warnings } of writers) {
      expect(warnings).toContainEqual(expect.stringContaining('upstream sd2.privatelink is flapping'));
    }
  });

  it('fm-10 warn of nothing when their configurations are the same', async () => {
    const passes = createPasses();
    const writers = [1, 2].map(() => openWriter(passes, {}));

    for (let number = 1; number <= 5; number += 1) {
      for (const writer of writers) {
        passes.clock.advance(30_000);
        await writer.pass(number, new AbortController().signal);
      }
    }

    expect(writers.flatMap(({ warnings }) => warnings)).toEqual([]);
  });
});

/** Every call waits for its turn, which the scheduler gives in an order of its own. */
function interleaved(plane: EntityControlPlane, scheduler: fc.Scheduler): EntityControlPlane {
  return {
    ...plane,
    read: async (signal) => {
      await scheduler.schedule(Promise.resolve(), 'read');
      return plane.read(signal);
    },
    write: async (change, signal) => {
      await scheduler.schedule(Promise.resolve(), `${change.action} ${nameOf(change)}`);
      await plane.write(change, signal);
    },
  };
}

function openWriter({ deps }: Passes, settings: Readonly<Record<string, DomainSettings>>) {
  const warnings: string[] = [];
  const pass = createWatchPass({
    run: runOnce,
    intervalMs: () => 60_000,
    dependencies: () => ({ ...deps, settings, discover: async () => snapshotOf(knownScope([endpointOf()])) }),
    clock: deps.clock,
    metrics: createMetrics(),
    log: {
      ...silentLog,
      warn: ({ reason }: { reason?: string }) => void warnings.push(reason ?? ''),
    },
    onSnapshot: () => {},
  });
  return { pass, warnings };
}

function targetsOf({ plane }: Passes): readonly string[] {
  return [...plane.entities.values()]
    .filter((one) => one.kind === 'target')
    .map((one) => one.key)
    .sort();
}
