import { describe, expect, it } from '@jest/globals';
import type { Kind } from '#deck/document';
import type { Item } from '#deck/held';
import { bodyOf, foreignEntities } from '#sync/control-planes/kong-api/entities';
import type { Change } from '#sync/plan/changes';

const tags = ['owner:test', 'kong-privatelink'];
const service: Item = { id: 's', name: 'sd2', tags };

function change(over: Partial<Change>): Change {
  return { action: 'create', kind: 'service', key: 'sd2', id: 'new', domain: 'sd2', reason: 'test', ...over };
}

describe('foreignEntities', () => {
  const ownTags = ['kong-privatelink', 'owner:test'];

  it.each([
    ['without tags', undefined, [undefined]],
    ['of another product', ['owner:other'], [undefined]],
    ['of another owner', ['kong-privatelink', 'owner:other'], ['other']],
    ['of a base file', [...tags, 'kong-privatelink:base'], [undefined]],
    ['of ours', tags, []],
  ])('finds an entity %s, and its owner', (_, itemTags, owners) => {
    const held = new Map<Kind, readonly Item[]>([['service', [{ ...service, tags: itemTags }]]]);

    expect(foreignEntities(held, [change({})], ownTags).map(({ owner }) => owner)).toEqual(owners);
  });

  it('distinguishes equal addresses in two upstreams', () => {
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
