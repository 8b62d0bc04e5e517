import { beforeEach, describe, expect, it } from '@jest/globals';
import { PrivatelinkError } from '#core/errors';
import { pinsIn } from '#deck/revision';
import { nothingRun } from '#sync/rollout/journal';
import { endpointOf, knownScope } from '../../../support/builders';
import { createRemembering, type Remembering } from '../../../support/rollout/remembering';

const sd2 = endpointOf();
const sd3 = endpointOf({ id: 'vpce-3', domain: 'sd3', addresses: [{ ip: '10.0.3.1', region: 'us-east-1' }] });
const elsewhere = { ...sd2, addresses: [{ ip: '10.0.9.9', region: 'us-east-1' }] };

let stage: Remembering;

beforeEach(() => {
  stage = createRemembering();
});

describe('the record of a pass', () => {
  it('has the revision before the first write, and marks it complete after the last', async () => {
    await stage.pass(knownScope([sd2]));

    const [begun, ended] = stage.written;
    const [id] = stage.kept.keys();
    expect(stage.written).toHaveLength(2);
    expect([begun?.isWhole, ended?.isWhole]).toEqual([false, true]);
    expect(ended).toMatchObject({ runs: id, history: [{ revision: id, how: 'sync', by: { user: 'me' } }] });
    expect(ended?.history[0]?.changes).toBe('3 created: upstream sd2.privatelink, service sd2, route sd2');
  });

  it('names new services, routes and plugins by their ids', async () => {
    await stage.pass(knownScope([sd2]));

    const { runs, created } = stage.state();
    expect(created).toEqual({
      'service:sd2': { id: stage.plane.entities.get('service:sd2')?.id, revision: runs },
      'route:sd2': { id: stage.plane.entities.get('route:sd2')?.id, revision: runs },
    });
  });

  it('stays unchanged when data alone change, or nothing changes', async () => {
    await stage.pass(knownScope([sd2]));
    const { length } = stage.written;

    await stage.pass(knownScope([elsewhere]));
    await stage.pass(knownScope([elsewhere]));

    expect(stage.held().some(({ key }) => key.includes('10.0.9.9'))).toBe(true);
    expect(stage.written).toHaveLength(length);
  });

  it('marks the revision incomplete while one of its entities is refused', async () => {
    stage.plane.failWith = ({ kind }) =>
      kind === 'route' ? new PrivatelinkError('no', { code: 'REJECTED', fix: '' }) : undefined;

    await stage.pass(knownScope([sd2]));
    const before = stage.state().isWhole;
    stage.plane.failWith = () => undefined;
    await stage.pass(knownScope([sd2]));

    expect([before, stage.state().isWhole]).toEqual([false, true]);
  });

  it('forgets a new entity that a person has removed', async () => {
    await stage.pass(knownScope([sd2]));
    stage.plane.entities.delete('route:sd2');
    stage.plane.entities.delete('service:sd2');

    await stage.pass(knownScope([sd3]));

    expect(Object.keys(stage.state().created)).toEqual(['service:sd3', 'route:sd3']);
  });

  it('is not written by a pass that is not the writer any more, before its writes or after', async () => {
    const other = () => {
      throw new PrivatelinkError('another process writes', { code: 'OTHER_WRITER', fix: '' });
    };
    let writes = Number.POSITIVE_INFINITY;
    stage = createRemembering({ mayWrite: () => (writes-- > 0 ? undefined : other()) });
    writes = 0;

    await expect(stage.pass(knownScope([sd2]))).rejects.toMatchObject({ code: 'OTHER_WRITER' });
    const before = [...stage.written];
    // Called once before all writes, and before each of five writes.
    writes = 6;
    const report = await stage.pass(knownScope([sd2]));

    expect(before).toEqual([]);
    expect(report.applied?.every(({ outcome }) => outcome === 'applied')).toBe(true);
    expect(stage.written.map(({ isWhole }) => isWhole)).toEqual([false]);
  });

  it('causes a warning when it cannot be written, and the pass goes on', async () => {
    const journal = {
      read: async () => ({ state: nothingRun, warnings: [] }),
      write: () => Promise.reject(new Error('disk full')),
    };
    stage = createRemembering({ journal });

    const { warnings } = await stage.pass(knownScope([sd2]));

    expect(warnings).toContainEqual(expect.stringMatching(/^the journal cannot be written to \/state \(disk full\)/));
    expect(stage.plane.entities.has('service:sd2')).toBe(true);
  });
});

describe('a pin', () => {
  /** Pinned to sd2 alone, after sd3 was added. */
  async function pin(): Promise<void> {
    await stage.pass(knownScope([sd2]));
    const { runs: first = '' } = stage.state();
    await stage.pass(knownScope([sd2, sd3]));
    const { runs: left } = stage.state();
    stage.written.push({ ...stage.state(), pin: { revision: first, left } });
    await stage.pass(knownScope([sd2, sd3]));
  }

  it('removes entities that the journal assigns to another revision, and marks the control plane', async () => {
    await pin();

    const { pin: pinned } = stage.state();
    expect(stage.held().map(({ kind, key }) => `${kind} ${key}`)).not.toContain('service sd3');
    expect(stage.plane.entities.has('upstream:sd3.privatelink')).toBe(true);
    expect(pinsIn(stage.held())).toEqual([pinned?.revision]);
  });

  it("keeps an entity whose id differs from the journal's", async () => {
    await stage.pass(knownScope([sd2]));
    const { runs: first = '' } = stage.state();
    await stage.pass(knownScope([sd2, sd3]));
    const { runs: left } = stage.state();
    for (const name of ['service:sd3', 'route:sd3']) {
      const held = stage.plane.entities.get(name);
      if (held) stage.plane.entities.set(name, { ...held, id: `made-by-hand-${name}` });
    }
    stage.written.push({ ...stage.state(), pin: { revision: first, left } });

    const { kept } = await stage.pass(knownScope([sd2, sd3]));

    expect(stage.plane.entities.has('service:sd3')).toBe(true);
    expect(kept.map(({ reason }) => reason)).toContainEqual(
      expect.stringContaining(
        'the journal does not say which revision created it; delete it by hand if nobody needs it',
      ),
    );
  });

  it('is read from the control plane when the journal is lost, and a person decides', async () => {
    await pin();
    const { pin: pinned } = stage.state();
    stage.written.length = 0;

    const { pinned: told, warnings } = await stage.pass(knownScope([sd2, sd3]));

    expect(told?.revision).toBe(pinned?.revision);
    expect(warnings).toContainEqual(expect.stringContaining('until rollback names another revision'));
    expect(stage.plane.entities.has('service:sd3')).toBe(false);
  });

  it.each(['by-hand', '', '../../0123456789ab', '0123456789AB', '0123456789abc'])(
    'is not created by a tag that a person wrote by hand: pinned:%s',
    async (word) => {
      await stage.pass(knownScope([sd2]));
      const held = stage.plane.entities.get('service:sd2');
      if (held) stage.plane.entities.set('service:sd2', { ...held, tags: [...held.tags, `pinned:${word}`] });

      const { pinned, warnings } = await stage.pass(knownScope([sd2, sd3]));

      expect([pinned, warnings]).toEqual([undefined, []]);
      expect(stage.plane.entities.get('service:sd2')?.tags).toEqual(held?.tags);
      expect(stage.plane.entities.has('service:sd3')).toBe(true);
    },
  );

  it('that has ended has no effect, even while its tag is still there', async () => {
    await pin();
    const { pin: pinned, ...state } = stage.state();
    stage.written.push({ ...state, endedPins: [pinned?.revision ?? ''] });

    await stage.pass(knownScope([sd2, sd3]));
    const { endedPins } = stage.state();
    await stage.pass(knownScope([sd2, sd3]));

    expect(stage.plane.entities.has('service:sd3')).toBe(true);
    expect([endedPins, stage.state().endedPins]).toEqual([[pinned?.revision], undefined]);
    expect(pinsIn(stage.held())).toEqual([]);
  });
});
