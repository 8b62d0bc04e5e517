import { describe, expect, it } from '@jest/globals';
import type { HeldEntity, Kind } from '#deck/document';
import { countProtected } from '#sync/plan/protect/count';
import { protectionOf, unprotected } from '#sync/plan/protect/protection';
import { whyProtected } from '#sync/plan/protect/retire';
import { createsOf } from '../../../../support/control-planes/konnect';

function heldOf(kind: Kind, key: string, over: Partial<HeldEntity> = {}): HeldEntity {
  return { kind, key, domain: 'sd2', id: `${kind}-${key}`, fields: {}, tags: [], ...over };
}

const upstream = heldOf('upstream', 'sd2.privatelink');
const target = heldOf('target', 'sd2.privatelink|10.0.1.11:80', { parent: 'sd2.privatelink' });
const other = heldOf('target', 'sd2.privatelink|10.0.2.11:80', { parent: 'sd2.privatelink' });
const service = heldOf('service', 'sd2', { fields: { host: 'sd2.privatelink' } });
const plugin = heldOf('plugin', 'sd2|key-auth', { parent: 'sd2' });
const route = heldOf('route', 'sd2', { parent: 'sd2' });
const foreign = heldOf('route', 'sd3', { domain: 'sd3', parent: 'sd3' });
const held = [upstream, target, other, service, plugin, route, foreign];

describe('protectionOf', () => {
  it.each<[string, readonly HeldEntity[]]>([
    ['sd2', [upstream, target, other, service, plugin, route]],
    ['upstream:sd2.privatelink', [upstream, target, other]],
    ['target:sd2.privatelink|10.0.1.11:80', [upstream, target]],
    ['service:sd2', [upstream, service, plugin, route]],
    ['plugin:sd2|key-auth', [upstream, service, plugin]],
    ['route:sd2', [upstream, service, route]],
    ['route:sd9', []],
    ['sd', []],
  ])('%s keeps itself, its children, and its dependencies', (entry, expected) => {
    const protection = protectionOf([entry], held);

    const kept = held.filter((one) => protection(one) === entry);

    expect(kept).toEqual(expected);
    expect(held.filter((one) => protection(one) !== undefined)).toEqual(expected);
  });

  it('keeps nothing with an empty list', () => {
    expect(protectionOf([], held)).toBe(unprotected);
  });
});

describe('whyProtected', () => {
  it('names each entry for the domain, and the command that removes the entries', () => {
    const entries = ['sd3', 'target:sd2.privatelink|10.0.1.11:80', 'sd2', 'route:sd3'];

    expect(whyProtected('sd2', held, { protect: entries, next: 'retire the domain' })).toEqual({
      reason: 'protect lists target:sd2.privatelink|10.0.1.11:80, sd2',
      fix: "kong-privatelink unprotect 'target:sd2.privatelink|10.0.1.11:80' sd2, then retire the domain",
    });
  });

  it('returns nothing for a domain without an entry', () => {
    expect(whyProtected('sd2', held, { protect: ['sd3', 'route:sd3', 'route:sd9'], next: '' })).toBeUndefined();
  });
});

describe('countProtected', () => {
  it('counts for each entry the planned and the kept changes, and leaves out unrelated entries', () => {
    const [created, updated] = createsOf([route, plugin, foreign]);
    const changes = [created, updated].flatMap((one) => one ?? []);
    const kept = [
      { key: target.key, domain: 'sd2', reason: 'protected', entry: 'sd2' },
      { key: other.key, domain: 'sd2', reason: 'absence 1 of 3' },
    ];

    const counted = countProtected([{ changes, kept }], protectionOf(['sd3', 'sd2'], held));

    expect(counted).toEqual([{ entry: 'sd2', domain: 'sd2', changes: 2, kept: 1 }]);
  });
});
