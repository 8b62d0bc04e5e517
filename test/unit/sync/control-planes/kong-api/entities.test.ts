import { describe, expect, it } from '@jest/globals';
import type { Kind } from '#deck/document';
import { bodyOf, foreignEntities, heldEntities, type Item } from '#sync/control-planes/kong-api/entities';
import type { Change } from '#sync/plan/changes';

const tags = ['owner:test', 'kong-privatelink'];
const service: Item = { id: 's', name: 'sd2', tags };
const upstream: Item = { id: 'u', name: 'use1-az1.sd2.privatelink', tags };
const target: Item = { id: 't', target: '10.0.0.1:80', weight: 100, upstream: { id: 'u' }, tags };
const plugin: Item = { id: 'p', name: 'key-auth', service: { id: 's' }, tags };

function lists(over: Partial<Record<Kind, readonly Item[]>>): ReadonlyMap<Kind, readonly Item[]> {
  return new Map(Object.entries({ upstream: [upstream], service: [service], ...over }) as [Kind, readonly Item[]][]);
}

function change(over: Partial<Change>): Change {
  return { action: 'create', kind: 'service', key: 'sd2', id: 'new', domain: 'sd2', reason: 'test', ...over };
}

describe('heldEntities', () => {
  it.each<[Kind, Item, string, string, string | undefined]>([
    ['target', target, 'use1-az1.sd2.privatelink|10.0.0.1:80', 'sd2', 'use1-az1.sd2.privatelink'],
    ['target', { ...target, upstream: { id: 'theirs' } }, 't|10.0.0.1:80', '10.0.0.1:80', undefined],
    ['route', { id: 'r', name: 'sd2-a', service: { id: 's' } }, 'sd2-a', 'sd2', 'sd2'],
    ['route', { id: 'r', name: 'sd9' }, 'sd9', 'sd9', undefined],
    ['route', { id: 'r', name: null, service: null }, 'r', 'r', undefined],
    ['plugin', plugin, 'sd2|key-auth', 'sd2', 'sd2'],
    ['plugin', { ...plugin, consumer: { id: 'c' } }, 'p|key-auth', 'sd2', 'sd2'],
    ['plugin', { ...plugin, service: undefined }, 'p|key-auth', 'key-auth', undefined],
  ])('gives a %s %j the key %s', (kind, item, key, domain, parent) => {
    const held = heldEntities(lists({ [kind]: [item] })).find((one) => one.kind === kind);

    expect(held).toMatchObject({ key, domain });
    expect(held?.parent).toBe(parent);
  });

  it('keeps Kong’s fields without id, tags, times and the parent', () => {
    const item = { ...target, created_at: 1, updated_at: 2, failover: false };

    const held = heldEntities(lists({ target: [item] })).find((one) => one.kind === 'target');

    expect(held?.fields).toEqual({ target: '10.0.0.1:80', weight: 100, failover: false });
    expect(held?.tags).toEqual(['kong-privatelink', 'owner:test']);
  });

  it('fm-23 gives no tags when Konnect gives null', () => {
    expect(heldEntities(new Map([['service', [{ ...service, tags: null }]]]))[0]?.tags).toEqual([]);
  });
});

describe('foreignEntities', () => {
  const ownTags = ['kong-privatelink', 'owner:test'];

  it.each([
    ['without tags', undefined, [undefined]],
    ['of another product', ['owner:other'], [undefined]],
    ['of another owner', ['kong-privatelink', 'owner:other'], ['other']],
    ['of a base file', [...tags, 'kong-privatelink:base'], [undefined]],
    ['of ours', tags, []],
  ])('finds an entity %s, and whose it is', (_, itemTags, owners) => {
    const held = new Map<Kind, readonly Item[]>([['service', [{ ...service, tags: itemTags }]]]);

    expect(foreignEntities(held, [change({})], ownTags).map(({ owner }) => owner)).toEqual(owners);
  });

  it('tells the same address in two upstreams apart', () => {
    const after = { kind: 'target', key: 'a|10.0.0.1:80', domain: 'a', parent: 'a', fields: {}, tags: [] } as const;
    const create = change({ kind: 'target', key: after.key, parentId: 'u-a', after });
    const items = ['u-a', 'u-b'].map((id) => ({ id: `in-${id}`, target: '10.0.0.1:80', upstream: { id } }));

    expect(foreignEntities(new Map([['target', items]]), [create], ownTags)).toEqual([
      { kind: 'target', key: 'a|10.0.0.1:80', id: 'in-u-a' },
    ]);
  });
});

describe('bodyOf', () => {
  it.each<[Kind, object]>([
    ['route', { service: { id: 's' } }],
    ['plugin', { service: { id: 's' } }],
    ['target', {}],
    ['upstream', {}],
  ])('writes fields, tags and the service of a %s', (kind, reference) => {
    const after = { kind, key: 'k', domain: 'sd2', fields: { name: 'n' }, tags: ['a'] };

    expect(bodyOf(change({ kind, parentId: 's', after }))).toEqual({ name: 'n', tags: ['a'], ...reference });
  });
});
