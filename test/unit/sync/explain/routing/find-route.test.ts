import { describe, expect, it } from '@jest/globals';
import type { JsonObject } from '#core/model';
import type { HeldEntity } from '#deck/document';
import type { RoutedRequest } from '#sync/explain/routing/conditions';
import { findRoute } from '#sync/explain/routing/find-route';
import { routedPath } from '#sync/explain/routing/path';
import { createPatternSearch, findPattern } from '#sync/explain/routing/pattern';

function routeOf(key: string, fields: JsonObject, id = key): HeldEntity {
  return { kind: 'route', key, domain: key, parent: fields.service as string, fields, tags: [], id };
}

const asked: RoutedRequest = { method: 'GET', scheme: 'http', host: 'api.example.com', path: '/sd2/x', headers: [] };

function found(routes: readonly HeldEntity[], over: Partial<RoutedRequest> = {}, services: readonly HeldEntity[] = []) {
  const { taker, next, rule, perhaps, documented } = findRoute({ routes, services }, { ...asked, ...over });
  const reasons = perhaps.map(({ route, reason }) => `${route.key}: ${reason}`);
  return {
    is: taker?.route.key,
    path: taker?.path,
    rule,
    next: next?.route.key,
    reasons,
    documented: documented?.route.key,
  };
}

const sd2 = routeOf('sd2', { paths: ['~/sd2$', '/sd2/'] });

describe('findRoute', () => {
  it('names the route of a path, and its matching path', () => {
    expect(found([sd2])).toMatchObject({ is: 'sd2', path: '/sd2/', rule: undefined, reasons: [] });
    expect(found([sd2], { path: '/sd2?x=1' })).toMatchObject({ is: 'sd2', path: '~/sd2$' });
    expect(found([sd2], { path: '/sd22' })).toMatchObject({ is: undefined });
  });

  it.each<[string, JsonObject, string]>([
    ['length', { paths: ['/'] }, 'sd2'],
    ['length', { paths: ['/sd2/x'] }, 'other'],
    ['regex', { paths: ['~/sd2'] }, 'other'],
    ['kinds', { paths: ['/'], methods: ['GET'] }, 'other'],
    ['host', { hosts: ['api.example.com'] }, 'other'],
    ['host', { paths: ['/sd2/'], hosts: ['api.example.com'] }, 'other'],
    ['kinds', { paths: ['/sd2/'], hosts: ['*.example.com'] }, 'other'],
  ])('names the rule that puts one route before the other: %s', (rule, fields, first) => {
    const next = first === 'sd2' ? 'other' : 'sd2';

    expect(found([sd2, routeOf('other', fields)])).toMatchObject({ is: first, rule, next });
  });

  it('compares two regular expressions by regex_priority, and then by ids', () => {
    const [low, high] = [
      routeOf('low', { paths: ['~/sd2/'] }),
      routeOf('high', { paths: ['~/sd'], regex_priority: 5 }),
    ];

    expect(found([low, high])).toMatchObject({ is: 'high', rule: 'regex_priority', next: 'low' });
    expect(found([routeOf('a', { paths: ['/sd2'] }), routeOf('b', { paths: ['/sd2'] })])).toMatchObject({
      ...{ is: 'b', rule: 'id', next: 'a' },
    });
  });

  it('says where the documented order of Kong would choose another route', () => {
    const narrow = routeOf('narrow', { paths: ['/sd2/'], methods: ['GET'] });

    expect(found([narrow, routeOf('wide', { paths: ['~/sd'] })])).toMatchObject({ is: 'wide', documented: 'narrow' });
  });

  it.each<[string, JsonObject, string]>([
    ['an expression', { expression: 'http.path ^= "/sd2"' }, 'explain does not evaluate its expression'],
    ['a client', { paths: ['/sd2/'], sources: [{ ip: '10.0.0.0/8' }] }, 'it requires certain sources'],
    ['a port', { hosts: ['api.example.com:8443'] }, 'it requires port 8443'],
    [
      'a pattern of Rust',
      { paths: ['~/sd2/[[:alpha:]]'] },
      'explain cannot tell whether ~/sd2/[[:alpha:]] matches the path',
    ],
  ])('names the part of %s that it cannot judge', (_, fields, reason) => {
    expect(found([sd2, routeOf('other', fields)])).toMatchObject({ is: 'sd2', reasons: [`other: ${reason}`] });
  });

  it('asks for a missing host, and not for a given one', () => {
    const hosted = routeOf('hosted', { hosts: ['a.example.com'], paths: ['/sd2/'] });

    expect(found([hosted], { host: undefined }).reasons).toEqual(['hosted: it requires Host a.example.com']);
    expect(found([hosted])).toMatchObject({ is: undefined, reasons: [] });
  });

  it('leaves out routes of a disabled service, and of streams', () => {
    const off: HeldEntity = { ...routeOf('off', { enabled: false }), kind: 'service' };
    const routes = [
      routeOf('one', { paths: ['/'], service: 'off' }),
      routeOf('two', { snis: ['a'], protocols: ['tls'] }),
    ];

    expect(found(routes, {}, [off])).toMatchObject({ is: undefined, reasons: [] });
  });

  it.each<[string, JsonObject, Partial<RoutedRequest>, boolean]>([
    ['a header', { headers: { 'X-Version': ['v1'] } }, { headers: [['x-version', 'V1']] }, true],
    ['another value', { headers: { 'x-version': ['v1'] } }, { headers: [['x-version', 'v2']] }, false],
    ['a pattern', { headers: { x_version: ['~*^v[12]$'] } }, { headers: [['X-Version', 'v2']] }, true],
    ['no header', { headers: { 'x-version': ['v1'] } }, {}, false],
    ['a server name', { snis: ['api.example.com'] }, { scheme: 'https' }, true],
    ['another server name', { snis: ['*.example.net'] }, { scheme: 'https' }, false],
    ['a server name without TLS', { snis: ['example.net'] }, {}, true],
    ['the beginning of a host', { hosts: ['api.*'] }, {}, true],
  ])('matches on %s', (_, fields, over, isTaken) => {
    expect(found([routeOf('one', fields)], over).is).toBe(isTaken ? 'one' : undefined);
  });
});

describe('routedPath', () => {
  it.each([
    ['/', '/'],
    ['/a%20b', '/a b'],
    ['/a%2fb', '/a%2Fb'],
    ['/a/../b/./c//d/', '/b/c/d/'],
    ['/../..', '/'],
    ['/a/..', '/'],
    ['/%7Ea?x=/..', '/~a'],
  ])("is Kong's path for %s: %s", (path, routed) => {
    expect(routedPath(path)).toBe(routed);
  });
});

describe('findPattern', () => {
  it.each<[string, string, boolean | undefined]>([
    ['/(?P<id>\\d+)$', '/7', true],
    ['/(?i)SD2', '/sd2', true],
    ['(?x) a b', 'ab', undefined],
    ['/[a-z&&[^b]]', '/a', undefined],
    ['/(', '/(', undefined],
    ['a++', 'aa', undefined],
    ['^(a+)+$', `${'a'.repeat(60)}b`, undefined],
  ])('reads %s as Kong does, or says that it cannot', (pattern, text, isFound) => {
    expect(findPattern(pattern, text)).toBe(isFound);
  });
});

describe('patterns that take long', () => {
  it('fm-83 are stopped after a second for all of them, each tried once', () => {
    let nowMs = 0;
    const searched: string[] = [];
    const find = createPatternSearch(
      (pattern) => {
        searched.push(pattern);
        nowMs += 199;
        return false;
      },
      { monotonicMs: () => nowMs },
    );
    const routes = Array.from({ length: 50 }, (_, index) => routeOf(`r${index}`, { paths: [`~/${index}`] }));

    const { perhaps } = findRoute({ routes, services: [] }, asked, find);
    findRoute({ routes, services: [] }, asked, find);

    expect(searched).toHaveLength(6);
    expect(new Set(searched).size).toBe(6);
    expect(perhaps).toHaveLength(44);
  });

  it.each(['\\['.repeat(50_000), '['.repeat(100_000), 'a|'.repeat(100_000)])(
    'fm-83 are not tried if they are longer than people write them',
    (pattern) => {
      expect(findPattern(pattern, 'b')).toBeUndefined();
    },
  );

  it('fm-83 do not include paths: a long path is read at once', () => {
    expect(routedPath(`/${'a'.repeat(3_000_000)}?x?y`)).toHaveLength(3_000_001);
  });
});
