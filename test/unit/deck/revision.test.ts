import { describe, expect, it } from '@jest/globals';
import type { Entity, HeldEntity, Kind } from '#deck/document';
import {
  isConfiguration,
  isMended,
  markPinned,
  pinsIn,
  type Revision,
  revisionOf,
  underRevision,
  withUndiscovered,
} from '#deck/revision';
import { pinTag } from '#deck/tags';

const tags = ['kong-privatelink', 'owner:test'];

function entityOf(kind: Kind, key: string, over: Partial<Entity> = {}): Entity {
  const [domain = key] = key.split(/[.|]/);
  return { kind, key, domain, fields: { name: key }, tags, ...over };
}

const service = (domain: string, protocol = 'http') =>
  entityOf('service', domain, { fields: { name: domain, protocol } });
const route = (domain: string) => entityOf('route', domain, { parent: domain });
const upstream = (domain: string, over: Partial<Entity> = {}) =>
  entityOf('upstream', `${domain}.privatelink`, { domain, ...over });
const zoneUpstream = (domain: string) => entityOf('upstream', `use1-az1.${domain}.privatelink`, { domain });
const target = (domain: string) =>
  entityOf('target', `${domain}.privatelink|10.0.0.1:80`, { domain, parent: `${domain}.privatelink` });

const held = (...entities: readonly Entity[]): readonly HeldEntity[] =>
  entities.map((one) => ({ ...one, id: `id of ${one.kind} ${one.key}` }));
const namesOf = (entities: readonly Entity[]) => entities.map(({ kind, key }) => `${kind} ${key}`);
const whole = (domain: string) => [upstream(domain), target(domain), service(domain), route(domain)];

function revision(desired: readonly Entity[], over: Partial<Parameters<typeof revisionOf>[0]> = {}): Revision {
  return revisionOf({ desired, held: [], affinity: 'none', base: [], ...over });
}

describe('revisionOf', () => {
  it('returns one id, whatever the order of tags', () => {
    const reversed = { ...service('sd2'), tags: [...tags].reverse() };

    expect(revision([], { held: held(reversed) }).id).toBe(revision([service('sd2')]).id);
  });

  it('holds configuration only: no target, no zone upstream, and no tag of an upstream', () => {
    const { entities, id } = revision([...whole('sd2'), zoneUpstream('sd2')]);

    expect(id).toMatch(/^[0-9a-f]{12}$/);
    expect(namesOf(entities)).toEqual(['upstream sd2.privatelink', 'service sd2', 'route sd2']);
    expect(entities[0]?.tags).toEqual([]);
  });

  it('changes with an entity, affinity or a base file, and not with data or the path of a base file', () => {
    const base = [{ path: 'a.yaml', text: 'services: []' }];
    const { id } = revision(whole('sd2'), { base });
    const others = [
      revision(whole('sd2').slice(0, 3), { base }),
      revision(whole('sd2'), { base, affinity: 'weighted' }),
      revision(whole('sd2')),
    ];

    expect(new Set([id, ...others.map((one) => one.id)]).size).toBe(4);
    expect(revision([...whole('sd2'), zoneUpstream('sd2')], { base: [{ path: 'b', text: 'services: []' }] }).id).toBe(
      id,
    );
  });

  it('ignores a pin', () => {
    const pinned = { ...service('sd2'), tags: [...tags, pinTag('0123456789ab')] };

    expect(revision([], { held: held(pinned) })).toEqual(revision([service('sd2')]));
  });

  it('takes a held, undesired domain from the revision before, or else from the control plane', () => {
    const before = revision([...whole('sd2'), ...whole('sd3')]);
    const changed = held(...whole('sd2'), upstream('sd3'), service('sd3', 'https'), service('sd4'));

    const { entities } = revision(whole('sd2'), { held: changed, before });

    expect(entities.filter(({ domain }) => domain === 'sd3')).toEqual(
      before.entities.filter(({ domain }) => domain === 'sd3'),
    );
    expect(namesOf(entities)).toContain('service sd4');
  });

  it('drops a domain of the revision before once it is not held any more', () => {
    const before = revision([...whole('sd2'), ...whole('sd3')]);

    expect(revision(whole('sd2'), { held: held(...whole('sd2')), before }).id).toBe(revision(whole('sd2')).id);
  });
});

describe('underRevision', () => {
  const checked = upstream('sd2', { fields: { name: 'sd2.privatelink', slots: 7 } });
  const pinnedTo = revision([checked, service('sd2'), route('sd2')]);

  it('keeps data, with the settings and the other entities of the revision', () => {
    const desired = underRevision(pinnedTo, [upstream('sd2', { tags: ['data'] }), target('sd2'), service('sd2')], []);

    expect(namesOf(desired)).toEqual([
      'upstream sd2.privatelink',
      'target sd2.privatelink|10.0.0.1:80',
      'service sd2',
      'route sd2',
    ]);
    expect(desired[0]).toMatchObject({ fields: { slots: 7 }, tags: ['data'] });
  });

  it('keeps only upstream and targets of a domain that is not in the revision', () => {
    const desired = underRevision(pinnedTo, [...whole('sd2'), ...whole('sd3')], []);

    expect(namesOf(desired.filter(({ domain }) => domain === 'sd3'))).toEqual([
      'upstream sd3.privatelink',
      'target sd3.privatelink|10.0.0.1:80',
    ]);
  });

  it("keeps the revision's entities of an undiscovered domain while its upstream is held", () => {
    const [there, gone] = [held(upstream('sd2')), held(service('sd2'))].map((one) => underRevision(pinnedTo, [], one));

    expect(namesOf(there ?? [])).toEqual(['upstream sd2.privatelink', 'service sd2', 'route sd2']);
    expect(there?.[0]).toMatchObject({ fields: { slots: 7 } });
    expect(gone).toEqual([]);
  });

  it('applies the settings of a domain to its zone upstream, under its own name', () => {
    const desired = underRevision({ ...pinnedTo, affinity: 'weighted' }, [zoneUpstream('sd2')], []);

    expect(desired[0]?.fields).toEqual({ name: 'use1-az1.sd2.privatelink', slots: 7 });
  });

  it.each([
    ['none', false],
    ['failover', true],
  ] as const)('with affinity %s keeps the zone upstream of a missing domain: %s', (affinity, isKept) => {
    const desired = underRevision({ ...pinnedTo, affinity }, [], held(upstream('sd2'), zoneUpstream('sd2')));

    expect(namesOf(desired).includes('upstream use1-az1.sd2.privatelink')).toBe(isKept);
  });

  it('marks one service, the first by name, with the pin', () => {
    const both = revision([...whole('sd3'), ...whole('sd2')]);

    const desired = markPinned(underRevision(both, [...whole('sd2'), ...whole('sd3')], []), both.id);

    expect(desired.filter((one) => one.tags.includes(pinTag(both.id))).map(({ key }) => key)).toEqual(['sd2']);
    expect(pinsIn(held(...desired))).toEqual([both.id]);
  });
});

describe('pinsIn', () => {
  it('reads tags of services, and of no other entities', () => {
    const tag = pinTag('0123456789ab');

    expect(pinsIn(held(route('sd2'), { ...service('sd2'), tags: [...tags, tag] }))).toEqual(['0123456789ab']);
    expect(pinsIn(held({ ...route('sd2'), tags: [...tags, tag] }, service('sd2')))).toEqual([]);
  });
});

describe('isMended', () => {
  const good = revision([service('sd2'), service('sd4')]);
  const bad = revision([service('sd2', 'https'), service('sd3'), service('sd4')]);
  const isOver = (newest: Revision, left = bad) => isMended(newest, { revision: good, left });

  it.each<[string, readonly Entity[], boolean]>([
    ['the revision that was left', [service('sd2', 'https'), service('sd3'), service('sd4')], false],
    ['another domain', [service('sd2', 'https'), service('sd3'), service('sd4', 'grpc'), service('sd5')], false],
    ['a rolled back change, changed again', [service('sd2', 'grpc'), service('sd3'), service('sd4')], true],
    ['a new entity, changed', [service('sd2', 'https'), service('sd3', 'grpc'), service('sd4')], true],
    ['a new entity, removed', [service('sd2', 'https'), service('sd4')], true],
  ])('compares only the rolled back part: %s', (_, desired, expected) => {
    expect(isOver(revision(desired))).toBe(expected);
  });

  it('compares affinity and base files only if these were rolled back', () => {
    const base = [{ path: 'a.yaml', text: 'services: []' }];
    const left = { ...bad, affinity: 'weighted' as const, base };

    expect(isOver(left, left)).toBe(false);
    expect(isOver({ ...left, base: [{ path: 'b.yaml', text: 'services: []' }] }, left)).toBe(false);
    expect(isOver({ ...left, affinity: 'failover' }, left)).toBe(true);
    expect(isOver({ ...left, base: [] }, left)).toBe(true);
    expect(isOver({ ...bad, affinity: 'failover', base }, bad)).toBe(false);
  });
});

describe('isConfiguration', () => {
  it.each<[Entity, boolean]>([
    [upstream('sd2'), true],
    [service('sd2'), true],
    [route('sd2'), true],
    [entityOf('plugin', 'sd2|key-auth'), true],
    [zoneUpstream('sd2'), false],
    [target('sd2'), false],
  ])('of %j', (entity, expected) => {
    expect(isConfiguration(entity)).toBe(expected);
  });
});

describe('withUndiscovered', () => {
  const left = revision([upstream('sd2'), service('sd2')]);

  it("adds the revision's entities of a domain whose upstream is held, with the upstream's own tags", () => {
    const own = upstream('sd2', { tags: ['theirs'] });

    expect(withUndiscovered([], left, held(own))).toEqual([own, service('sd2')]);
  });

  it('adds nothing of a discovered domain, nor of a domain without held entities', () => {
    expect(withUndiscovered([service('sd2')], left, held(upstream('sd2')))).toEqual([service('sd2')]);
    expect(withUndiscovered([], left, [])).toEqual([]);
  });
});
