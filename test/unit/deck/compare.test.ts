import { describe, expect, it } from '@jest/globals';
import type { Json, JsonObject } from '#core/model';
import { differencesOf } from '#deck/compare';
import type { Entity, Kind } from '#deck/document';
import { configTag } from '#deck/tags';

function entityOf(kind: Kind, fields: JsonObject): Entity {
  return { kind, key: 'sd2', domain: 'sd2', fields, tags: ['a'] };
}

function pluginOf(config: JsonObject): Entity {
  return entityOf('plugin', { name: 'statsd', enabled: true, config });
}

describe('differencesOf', () => {
  it('names the innermost field, so that a large entity still shows its change', () => {
    const checksOf = (path: string) => ({
      healthchecks: { active: { type: 'http', timeout: 1, http_path: path, healthy: { http_statuses: [200, 302] } } },
    });

    expect(differencesOf(entityOf('upstream', checksOf('/healthz')), entityOf('upstream', checksOf('/')))).toEqual([
      'healthchecks.active.http_path "/" -> "/healthz"',
    ]);
  });

  it.each([
    ['as ranges', [200, 201, 202, 302], [200, 302], '[200..202,302] -> [200,302]'],
    ['unchanged if they are in no order', [3, 2, 1], [1, 2], '[3,2,1] -> [1,2]'],
  ])('shows numbers %s', (_, held, wanted, text) => {
    const upstream = entityOf('upstream', { statuses: wanted });

    expect(differencesOf(upstream, { ...upstream, fields: { statuses: held } })).toEqual([`statuses ${text}`]);
  });

  it('shows numbers of a plugin, and no words, because words may be secrets', () => {
    const desired = pluginOf({ minute: 600, redis: { password: 'new secret' }, keys: ['new secret'] });
    const held = pluginOf({ minute: 5, redis: { password: 'old secret' }, keys: ['old secret', 'old secret'] });

    expect(differencesOf(desired, held)).toEqual([
      'config.minute 5 -> 600',
      'config.redis.password "***" -> "***"',
      'config.keys ["***","***"] -> ["***"]',
    ]);
  });

  it('shows the words of the callers plugin, because a reader has to see the contract', () => {
    const settingsOf = (mode: string, onMissing: string, exceptions: string) =>
      entityOf('plugin', {
        name: 'privatelink-callers',
        config: { domain: 'sd2', mode, on_missing: onMissing, exceptions },
      });

    expect(differencesOf(settingsOf('enforce', 'reject', ''), settingsOf('observe', 'allow', 'sd1'))).toEqual([
      'config.mode "observe" -> "enforce"',
      'config.on_missing "allow" -> "reject"',
      'config.exceptions "sd1" -> ""',
    ]);
  });

  it.each(['privatelink', 'privatelink-zone', 'privatelink-callers'])(
    'notices that a person switched %s off for some requests, and ignores protocols beside it',
    (name) => {
      const desired = entityOf('plugin', { name, enabled: true, config: {} });
      const of = (protocols: Json) =>
        differencesOf(desired, { ...desired, fields: { ...desired.fields, id: '1', protocols } });

      expect(of(['grpc', 'grpcs'])).toEqual(['protocols ["grpc","grpcs"] -> ["grpc","grpcs","http","https"]']);
      expect(of([])).toEqual(['protocols [] -> ["grpc","grpcs","http","https"]']);
      expect(
        [null, ['https', 'http', 'grpcs', 'grpc'], ['grpc', 'grpcs', 'http', 'https', 'ws', 'wss']].map(of),
      ).toEqual([[], [], []]);
    },
  );

  it('ignores the protocols of foreign plugins', () => {
    const held = { ...pluginOf({}), fields: { ...pluginOf({}).fields, protocols: ['tcp'] } };

    expect(differencesOf(pluginOf({}), held)).toEqual([]);
  });

  const tagged = (config: JsonObject): Entity => ({ ...pluginOf(config), tags: ['a', configTag(config)] });
  const filled = { mode: 'auto', keys: null, redis: { port: 6379 } };

  it.each<[string, JsonObject, JsonObject, readonly string[]]>([
    ['a key', { domain: 'a' }, { domain: 'a', on_unresolved: 'reject' }, ['config.on_unresolved "***" -> (removed)']],
    ['no key where values change', { minute: 600 }, { minute: 5 }, ['config.minute 5 -> 600']],
    [
      'several keys',
      { domain: 'a' },
      { on_unresolved: 'reject', domain: 'a', limit: 5 },
      ['config.mode "***"', 'config.redis {"port":6379}', 'config.on_unresolved "***"', 'config.limit 5'].map(
        (text) => `${text} -> (removed, or a default)`,
      ),
    ],
    [
      'a key of an inner object',
      { mode: 'a', redis: { host: 'b' } },
      { mode: 'a', redis: { host: 'b', port: 1 } },
      ['config.redis.port 1 -> (removed, or a default)'],
    ],
  ])('names the fields that the write removes from a plugin: %s', (_, wanted, written, differences) => {
    const held = { ...tagged(written), fields: { ...tagged(written).fields, config: { ...filled, ...written } } };

    expect(differencesOf(tagged(wanted), held)).toEqual(differences);
  });

  it('says that the configuration changed if no field can be named', () => {
    expect(differencesOf(tagged({ minute: 5, hour: 9 }), tagged({ hour: 9, minute: 5 }))).toEqual(['config changed']);
  });

  it('shows the differing tags, sorted, and no others', () => {
    const of = (tags: readonly string[]) => ({ ...entityOf('service', {}), tags });

    expect(differencesOf(of(['b', 'd', 'a']), of(['a', 'c', 'b']))).toEqual(['tags c -> d']);
    expect(differencesOf(of(['a']), of(['z', 'a', 'c']))).toEqual(['tags c z -> (none)']);
    expect(differencesOf(of(['a', 'b']), of(['b', 'a']))).toEqual([]);
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
    ['another object in a list', { metrics: [{ name: 'a' }] }, { metrics: [{ name: 'b', tags: [] }] }, 1],
    ['one object too many in a list', { metrics: [{ name: 'a' }] }, { metrics: [{ name: 'a' }, { name: 'b' }] }, 1],
  ])('fm-16 compares %s correctly', (_, wanted, held, differences) => {
    expect(differencesOf(pluginOf(wanted), pluginOf(held))).toHaveLength(differences);
  });
});
