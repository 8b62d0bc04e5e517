import { describe, expect, it } from '@jest/globals';
import { configSchema, type SnapshotConfig } from '#config/schema';
import type { Snapshot } from '#core/model';
import { createDiscoverer } from '#discovery/discover';
import { createSnapshotSource } from '#discovery/providers/snapshot';
import { serialiseSnapshot } from '#discovery/snapshot/file';
import { endpointOf, hubScope } from '../../../support/builders';
import { createPasses } from '../../../support/passes';

const startMs = 1_800_000_000_000;
const passMs = 60_000;

const config = configSchema.parse({
  owner: 'test',
  sources: [{ type: 'snapshot', name: 'relay', file: '/snapshot.json' }],
  controlPlane: { type: 'konnect', name: 'prod', token: 'kpat_test' },
}).sources[0] as SnapshotConfig;

const endpoints = ['10.0.0.1', '10.0.0.2'].map((ip) =>
  endpointOf({ id: `vpce-${ip}`, addresses: [{ ip, region: 'us-east-1' }] }),
);

/** A control plane that follows a snapshot file, whose writers have their own clocks. */
function followFile() {
  let file: Snapshot = { takenAtMs: 0, scopes: [] };
  const passes = createPasses({ discover: (signal) => discoverer.discover(signal) });
  const { clock, plane } = passes;
  clock.step(startMs - clock.now());
  const read = async () => ({ text: serialiseSnapshot(file, 'test') });
  const discoverer = createDiscoverer([createSnapshotSource(config, { owner: 'test', clock, read })], { clock });
  return {
    clock,
    write: (count: number) => {
      const takenAtMs = startMs + clock.monotonicMs();
      const discovered = { endpoints: endpoints.slice(0, count), quarantined: [] };
      file = { takenAtMs, scopes: [{ status: 'known', scope: hubScope, observedAtMs: takenAtMs, discovered }] };
    },
    /** Runs a pass; returns the number of held targets after it. */
    pass: async () => {
      await passes.pass();
      clock.advance(passMs);
      return [...plane.entities.values()].filter(({ kind }) => kind === 'target').length;
    },
  };
}

describe('fm-39 a snapshot file', () => {
  it('is one observation, however often it is read', async () => {
    const { write, pass } = followFile();
    write(2);
    await pass();
    write(1);
    const held: number[] = [];

    for (let read = 0; read < 30; read += 1) held.push(await pass());

    expect(new Set(held)).toEqual(new Set([2]));
  });

  it('removes an absent target after the third file without it', async () => {
    const { write, pass } = followFile();
    write(2);
    await pass();
    const held: number[] = [];

    for (let read = 0; read < 9; read += 1) {
      if (read % 3 === 0) write(1);
      held.push(await pass());
    }

    expect(held).toEqual([2, 2, 2, 2, 2, 2, 1, 1, 1]);
  });

  it.each([
    ['a clock that is set forward before each pass', 12],
    ['a clock that is set back before each pass', -12],
  ])('fm-41 is one observation through %s', async (_, hours) => {
    const { clock, write, pass } = followFile();
    write(2);
    await pass();
    write(1);
    const held: number[] = [];

    for (let read = 0; read < 30; read += 1) {
      clock.step(hours * 3_600_000);
      held.push(await pass());
    }

    expect(new Set(held)).toEqual(new Set([2]));
  });
});
