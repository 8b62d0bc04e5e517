import { describe, expect, it } from '@jest/globals';
import type { Kind } from '#deck/document';
import { heldEntities, type Item } from '#deck/held';

const tags = ['owner:test', 'kong-privatelink'];
const service: Item = { id: 's', name: 'sd2', tags };
const upstream: Item = { id: 'u', name: 'use1-az1.sd2.privatelink', tags };
const target: Item = { id: 't', target: '10.0.0.1:80', weight: 100, upstream: { id: 'u' }, tags };
const plugin: Item = { id: 'p', name: 'key-auth', service: { id: 's' }, tags };

function lists(over: Partial<Record<Kind, readonly Item[]>>): ReadonlyMap<Kind, readonly Item[]> {
  return new Map(Object.entries({ upstream: [upstream], service: [service], ...over }) as [Kind, readonly Item[]][]);
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
  ])('returns a %s %j with the key %s', (kind, item, key, domain, parent) => {
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

  it('fm-23 returns no tags when Konnect returns null', () => {
    expect(heldEntities(new Map([['service', [{ ...service, tags: null }]]]))[0]?.tags).toEqual([]);
  });
});
