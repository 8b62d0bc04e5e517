import { describe, expect, it } from '@jest/globals';
import type { Kind } from '#deck/document';
import { clashPaths, entityPath } from '#sync/control-planes/kong-api/paths';
import type { Change } from '#sync/plan/changes';

function create(kind: Kind, id: string, parentId?: string): Change {
  return { action: 'create', kind, key: id, id, parentId, domain: 'sd2', reason: 'test' };
}

describe('entityPath', () => {
  it.each<[Kind, string]>([
    ['upstream', 'upstreams/i'],
    ['target', 'upstreams/u/targets/i'],
    ['service', 'services/i'],
    ['route', 'routes/i'],
    ['plugin', 'plugins/i'],
  ])('of a %s is %s', (kind, path) => {
    expect(entityPath(create(kind, 'i', 'u'))).toBe(path);
  });

  it('fm-54 keeps an id with path or query characters in one segment', () => {
    const odd = create('target', 'i/../?size=1#x', 'u/../..');

    expect(entityPath(odd)).toBe('upstreams/u%2F..%2F../targets/i%2F..%2F%3Fsize%3D1%23x');
    expect(entityPath({ ...odd, kind: 'service' })).toBe('services/i%2F..%2F%3Fsize%3D1%23x');
  });

  it('is refused for a target below a foreign upstream', () => {
    expect(() => entityPath(create('target', 'i'))).toThrow(/an upstream of somebody else/);
  });
});

describe('clashPaths', () => {
  const targets = (upstreams: number) =>
    Array.from({ length: upstreams }, (_, index) => create('target', `t${index}`, `u${index}`));

  it.each([
    ['nothing', [], []],
    [
      'a new domain',
      [
        create('upstream', 'u'),
        create('target', 't', 'u'),
        create('service', 's'),
        create('route', 'r', 's'),
        create('plugin', 'p', 's'),
      ],
      ['upstreams', 'services', 'routes'],
    ],
    ['a plugin of an existing service', [create('plugin', 'p', 's')], ['plugins']],
    ['two targets of one upstream', [create('target', 'a', 'u'), create('target', 'b', 'u')], ['upstreams/u/targets']],
    ['targets of four upstreams', targets(4), [0, 1, 2, 3].map((index) => `upstreams/u${index}/targets`)],
    [
      'a target of an upstream whose id looks like a path',
      [create('target', 'a', '../plugins?x')],
      ['upstreams/..%2Fplugins%3Fx/targets'],
    ],
    ['targets of five upstreams', targets(5), ['targets']],
  ])('for %s', (_, creates, paths) => {
    expect(clashPaths(creates).map(({ path }) => path)).toEqual(paths);
  });
});
