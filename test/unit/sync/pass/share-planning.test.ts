import { describe, expect, it, jest } from '@jest/globals';
import type { Snapshot } from '#core/model';
import type { HeldEntity } from '#deck/document';
import { type PassInput, planPass } from '#sync/pass/plan-pass';
import { sharePlanning } from '#sync/pass/share-planning';

const scopes: Snapshot['scopes'] = [];
const snapshotOf = (more: Partial<Snapshot> = {}): Snapshot => ({ takenAtMs: 1, scopes, ...more });
const policy = { removeAfterAbsences: 3, removeAfterSeconds: 300 } as PassInput['policy'];

function heldOf(names: readonly string[]): readonly HeldEntity[] {
  return names.map((key) => ({ kind: 'upstream', key, domain: key, fields: {}, tags: [], id: `id-${key}` }));
}

const inputOf = (more: Partial<PassInput> = {}): PassInput => ({
  owner: 'platform',
  settings: {},
  policy,
  published: [],
  absences: {},
  elapsedMs: 1,
  held: heldOf(['sd1', 'sd2']),
  ...more,
});

function open() {
  const plan = jest.fn(planPass);
  return { plan, share: sharePlanning(plan) };
}

describe('sharePlanning', () => {
  it('plans once for stages with equal entities, whatever their order and the time of the last plan', () => {
    const { plan, share } = open();

    const first = share(snapshotOf(), inputOf());
    const second = share(snapshotOf(), inputOf({ held: heldOf(['sd2', 'sd1']), elapsedMs: 70 }));

    expect(second).toBe(first);
    expect(plan).toHaveBeenCalledTimes(1);
  });

  const absence = { count: 1, forMs: 0, waitedMs: 0 };
  it.each<[string, Snapshot, PassInput]>([
    ['hold other entities', snapshotOf(), inputOf({ held: heldOf(['sd1']) })],
    [
      'hold them under other ids',
      snapshotOf(),
      inputOf({ held: heldOf(['sd1', 'sd2']).map((one) => ({ ...one, id: 'x' })) }),
    ],
    ['have an absence from an earlier pass', snapshotOf(), inputOf({ absences: { 'sd1|10.0.0.1:80': absence } })],
    ['may remove more', snapshotOf(), inputOf({ policy: { ...policy, allowRemovals: 5 } })],
    ['have another limit', snapshotOf(), inputOf({ mostOfKind: 1 })],
    ['heard of other gone endpoints', snapshotOf({ goneIds: ['vpce-1'] }), inputOf()],
    ['saw another round', snapshotOf({ scopes: [] }), inputOf()],
  ])('plans again for stages that %s', (_, snapshot, input) => {
    const { plan, share } = open();

    share(snapshotOf(), inputOf());
    const planned = share(snapshot, input);

    expect(plan).toHaveBeenCalledTimes(2);
    expect(planned).toEqual(planPass(snapshot, input));
  });
});
