import { describe, expect, it } from '@jest/globals';
import { PrivatelinkError } from '../../../../core/errors';
import { createMetrics } from '../../../../sync/watch/metrics';
import { createWatchPass } from '../../../../sync/watch/watch-pass';
import { endpointOf, knownScope, snapshotOf } from '../../../support/builders';
import { createPasses } from '../../../support/passes';

function openWatch() {
  const passes = createPasses();
  let endpoints = [endpointOf()];
  const warnings: string[] = [];
  const log = {
    info: () => {},
    error: () => {},
    warn: ({ reason }: { reason?: string }) => void warnings.push(reason ?? ''),
  };
  const dependencies = () => ({ ...passes.deps, discover: async () => snapshotOf(knownScope(endpoints)) });
  const pass = createWatchPass({ dependencies, metrics: createMetrics(), log, onSnapshot: () => {} });
  let number = 0;
  return {
    ...passes,
    warnings,
    see: (...seen: typeof endpoints) => {
      endpoints = seen;
    },
    run: () => pass(++number, new AbortController().signal),
  };
}

const other = endpointOf({ id: 'vpce-2', addresses: [{ ip: '10.0.3.11', region: 'us-east-1' }] });

describe('createWatchPass', () => {
  it('fm-09 applies the first change at once and collects the next ones for 30 s', async () => {
    const { plane, clock, run, see } = openWatch();
    await run();
    const first = plane.writes.length;
    see(endpointOf(), other);

    const held = await run();
    const heldWrites = plane.writes.length;
    clock.advance(30_000);
    await run();

    expect(first).toBeGreaterThan(0);
    expect(held).toMatchObject({ kind: 'done', heldUntilMs: 31_000 });
    expect(heldWrites).toBe(first);
    expect(plane.writes.at(-1)).toContain('10.0.3.11');
  });

  it('does not let a withdrawal wait', async () => {
    const { plane, run, see } = openWatch();
    await run();
    see(endpointOf({ state: 'deleted' }));

    await run();

    expect(plane.writes.at(-1)).toMatch(/^delete target/);
  });

  it('fm-14 does not try an invalid entity again until its content changes, but does one that met another failure', async () => {
    const { plane, clock, run, see } = openWatch();
    const tries = () => plane.writes.filter((write) => write.includes('service')).length;
    plane.failWith = ({ kind }) =>
      kind === 'service' ? new PrivatelinkError('no', { code: 'REJECTED', transient: false }) : undefined;
    for (let count = 0; count < 3; count += 1) {
      await run();
      clock.advance(60_000);
    }
    const rejected = tries();
    see(endpointOf({ protocol: 'https' }));
    plane.failWith = () => new PrivatelinkError('no', { code: 'CONTROL_PLANE_AUTH', transient: false });
    await run();
    plane.failWith = () => undefined;
    clock.advance(60_000);
    await run();

    expect(rejected).toBe(1);
    expect([...plane.entities.keys()].some((name) => name.startsWith('service:'))).toBe(true);
  });

  it('fm-10 tells of an entity that somebody undoes within three passes', async () => {
    const { plane, clock, run, warnings } = openWatch();
    for (let count = 0; count < 3; count += 1) {
      await run();
      for (const name of plane.entities.keys()) if (name.startsWith('target:')) plane.entities.delete(name);
      clock.advance(60_000);
    }

    expect(warnings.filter((one) => one.includes('second writer'))).toHaveLength(2);
  });
});
