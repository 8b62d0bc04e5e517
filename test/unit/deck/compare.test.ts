import { describe, expect, it } from '@jest/globals';
import type { JsonObject } from '../../../core/model';
import { differencesOf } from '../../../deck/compare';
import type { Entity, Kind } from '../../../deck/document';

function entityOf(kind: Kind, fields: JsonObject): Entity {
  return { kind, key: 'sd2', domain: 'sd2', fields, tags: ['a'] };
}

function pluginOf(config: JsonObject): Entity {
  return entityOf('plugin', { name: 'statsd', enabled: true, config });
}

describe('differencesOf', () => {
  it('names the innermost field, so that the text says what changes however large the rest is', () => {
    const checksOf = (path: string) => ({
      healthchecks: { active: { type: 'http', timeout: 1, http_path: path, healthy: { http_statuses: [200, 302] } } },
    });

    expect(differencesOf(entityOf('upstream', checksOf('/healthz')), entityOf('upstream', checksOf('/')))).toEqual([
      'healthchecks.active.http_path "/" -> "/healthz"',
    ]);
  });

  it('tells numbers of a plugin, and no words, which may be secrets', () => {
    const desired = pluginOf({ minute: 600, redis: { password: 'new secret' }, keys: ['new secret'] });
    const held = pluginOf({ minute: 5, redis: { password: 'old secret' }, keys: ['old secret', 'old secret'] });

    expect(differencesOf(desired, held)).toEqual([
      'config.minute 5 -> 600',
      'config.redis.password "***" -> "***"',
      'config.keys ["***","***"] -> ["***"]',
    ]);
  });

  it.each<[string, JsonObject, JsonObject, number]>([
    ['defaults in an object', { redis: { host: 'a' } }, { redis: { host: 'a', port: 6379 }, prefix: 'kong' }, 0],
    [
      'defaults in the objects of a list',
      { metrics: [{ name: 'latency', stat_type: 'timer' }] },
      { metrics: [{ name: 'latency', stat_type: 'timer', sample_rate: null, tags: [] }] },
      0,
    ],
    ['a list in another order', { allow: ['a', 'b'] }, { allow: ['b', 'a'] }, 0],
    ['an absent list as null', { allow: [] }, { allow: null }, 0],
    ['an object of a list that is another', { metrics: [{ name: 'a' }] }, { metrics: [{ name: 'b', tags: [] }] }, 1],
    ['an object of a list too many', { metrics: [{ name: 'a' }] }, { metrics: [{ name: 'a' }, { name: 'b' }] }, 1],
  ])('fm-16 takes %s as what it is', (_, wanted, held, differences) => {
    expect(differencesOf(pluginOf(wanted), pluginOf(held))).toHaveLength(differences);
  });
});
