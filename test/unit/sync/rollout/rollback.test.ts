import { beforeEach, describe, expect, it } from '@jest/globals';
import { PrivatelinkError } from '#core/errors';
import type { Endpoint } from '#core/model';
import { nameOf } from '#deck/document';
import { pinsOf, withoutPin } from '#deck/tags';
import { planRollback, rollBack } from '#sync/rollout/rollback';
import { endpointOf, knownScope, snapshotOf } from '../../../support/builders';
import { createRemembering, type Remembering } from '../../../support/rollout/remembering';

const { signal } = new AbortController();
const sd2 = endpointOf();
const sd3 = endpointOf({ id: 'vpce-3', domain: 'sd3', addresses: [{ ip: '10.0.3.1', region: 'us-east-1' }] });

let stage: Remembering;
let first: string;
let second: string;
let endpoints: readonly Endpoint[];

beforeEach(async () => {
  endpoints = [sd2, sd3];
  stage = createRemembering({ discover: async () => snapshotOf(knownScope(endpoints)) });
  endpoints = [sd2];
  await stage.pass();
  endpoints = [sd2, sd3];
  await stage.pass();
  [first = '', second = ''] = [...stage.kept.keys()];
});

const services = () => stage.held().flatMap(({ kind, key }) => (kind === 'service' ? [key] : []));

describe('a rollback', () => {
  it('shows the removals, and records nothing, until it is done', async () => {
    const { length } = stage.written;

    const rollback = await planRollback(stage.session, undefined, signal);

    expect(rollback).toMatchObject({ from: second, to: first });
    expect(rollback.report.changes.map(({ action, kind, key }) => `${action} ${kind} ${key}`)).toEqual([
      'update service sd2',
      'delete route sd3',
      'delete service sd3',
    ]);
    expect([stage.written.length, services()]).toEqual([length, ['sd2', 'sd3']]);
  });

  it('pins the stage, and records the revision that it left', async () => {
    const rollback = await planRollback(stage.session, first.slice(0, 4), signal);
    await rollBack(stage.session, rollback, signal);

    expect(services()).toEqual(['sd2']);
    expect(stage.state()).toMatchObject({ runs: first, isWhole: true, pin: { revision: first, left: second } });
    expect(stage.state().history.at(-1)).toMatchObject({ how: 'rollback', revision: first });
  });

  it('ends the pin for the newest revision, by its word or by its id', async () => {
    for (const name of ['newest', second]) {
      await rollBack(stage.session, await planRollback(stage.session, first, signal), signal);
      const rollback = await planRollback(stage.session, name, signal);
      await rollBack(stage.session, rollback, signal);

      expect(rollback.to).toBeUndefined();
      expect([services(), stage.state().pin]).toEqual([['sd2', 'sd3'], undefined]);
    }
  });

  it('runs the revision that it left once the pin ends, even if the two have equal entities', async () => {
    for (const one of [stage.deps, stage.session, stage.session.remembered])
      Object.assign(one, { affinity: 'weighted' });
    await stage.pass();
    const { runs } = stage.state();

    await rollBack(stage.session, await planRollback(stage.session, second, signal), signal);
    const back = stage.state();
    // A person removed the tag of the pin, which would otherwise be a differing entity.
    const [service] = stage.held().filter(({ tags }) => pinsOf(tags).length > 0);
    if (service) stage.plane.entities.set(nameOf(service), { ...service, tags: withoutPin(service.tags) });
    await rollBack(stage.session, await planRollback(stage.session, 'newest', signal), signal);

    expect(runs).not.toBe(second);
    expect([back.runs, stage.state().runs]).toEqual([second, runs]);
  });

  it.each<[string, () => void]>([
    ['is unreadable', () => damage(first)],
    ['is deleted before it is read', () => Object.assign(stage.session.remembered.revisions, gone)],
  ])('is refused if the revision %s, and nothing is pinned', async (_, spoil) => {
    spoil();
    const { length } = stage.written;

    await expect(planRollback(stage.session, first, signal)).rejects.toBeInstanceOf(PrivatelinkError);

    expect(stage.written).toHaveLength(length);
  });

  it('is not recorded by a process that is not the writer any more', async () => {
    const rollback = await planRollback(stage.session, first, signal);
    const { length } = stage.written;
    const mayWrite = () => {
      throw new PrivatelinkError('another process writes', { code: 'OTHER_WRITER', fix: '' });
    };

    const going = rollBack({ ...stage.session, mayWrite }, rollback, signal);

    await expect(going).rejects.toMatchObject({ code: 'OTHER_WRITER' });
    expect(stage.written).toHaveLength(length);
  });

  it('removes nothing that a person has not seen in the plan', async () => {
    const shown = await planRollback(stage.session, first, signal);
    endpoints = [sd2, sd3, { ...sd3, id: 'vpce-4', domain: 'sd4' }];
    await stage.pass();

    await expect(rollBack(stage.session, shown, signal)).rejects.toThrow(/service sd4.* would now leave as well/);

    expect(services()).toEqual(['sd2', 'sd3', 'sd4']);
  });

  it('does not begin if it cannot be recorded', async () => {
    const { journal } = stage.session.remembered;
    Object.assign(journal, { write: () => Promise.reject(new Error('disk full')) });

    const going = rollBack(stage.session, await planRollback(stage.session, first, signal), signal);

    await expect(going).rejects.toMatchObject({ code: 'STATE', fix: expect.stringContaining('stateDir') });
    expect(services()).toEqual(['sd2', 'sd3']);
  });
});

const gone = { read: async () => undefined };

function damage(id: string): void {
  const { revisions } = stage.session.remembered;
  const { read } = revisions;
  Object.assign(revisions, {
    read: async (asked: string) => {
      if (asked === id) throw new PrivatelinkError('the revision is damaged', { code: 'STATE', fix: '' });
      return read(asked);
    },
  });
}
