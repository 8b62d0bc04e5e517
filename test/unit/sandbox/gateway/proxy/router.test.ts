import { describe, expect, it } from '@jest/globals';
import { route, service } from '#sandbox/gateway/entities';
import { createRouter } from '#sandbox/gateway/proxy/router';

/** A router over routes by name. Each has the service `svc`, at `servicePath`. */
function routerOf(routes: Readonly<Record<string, object>>, servicePath?: string) {
  const svc = service.parse({ id: 'svc', host: 'svc.privatelink', path: servicePath });
  return createRouter({
    services: new Map([['svc', svc]]),
    routes: Object.entries(routes).map(([id, fields]) => route.parse({ id, service: { id: 'svc' }, ...fields })),
  });
}

const get = { method: 'GET', host: 'gateway' };

describe('createRouter', () => {
  const routes = {
    sd2: { paths: ['/sd2'] },
    deep: { paths: ['/other', '/sd2/deep'] },
    post: { paths: ['/sd2'], methods: ['POST'] },
    host: { hosts: ['api.example.com'] },
    wild: { hosts: ['*.example.com'] },
    both: { hosts: ['both.example.com'], paths: ['/sd2'] },
    odd: { paths: ['/odd'], headers: { 'x-version': ['2'] } },
    regex: { paths: ['/regex/long/prefix', '~/regex'] },
    first: { paths: ['~/regex/l'], regex_priority: 1 },
    unknown: { paths: ['~/(?i)unknown'] },
    bounded: { paths: ['~/a$', '/a/'] },
    below: { paths: ['~/a/b$', '/a/b/'] },
  };

  it.each([
    ['a path below the prefix', { path: '/sd2/x' }, 'sd2'],
    ['a path that only begins like the prefix', { path: '/sd2x' }, 'sd2'],
    ['the longest prefix, even as the second path of its route', { path: '/sd2/deep/x' }, 'deep'],
    ['more matchers before a longer path', { path: '/sd2/deep', method: 'POST' }, 'post'],
    ['a host in front of a path', { path: '/sd2/deep', host: 'api.example.com' }, 'host'],
    ['a plain host before a wildcard', { path: '/', host: 'api.example.com' }, 'host'],
    ['a wildcard host', { path: '/', host: 'x.example.com' }, 'wild'],
    ['host and path together before host alone', { path: '/sd2', host: 'both.example.com' }, 'both'],
    ['nothing for another path', { path: '/sd1' }, undefined],
    ['nothing where a route has an unsupported matcher', { path: '/odd' }, undefined],
    ['a regular expression', { path: '/regexes' }, 'regex'],
    [
      'the regular expression of the higher priority, before a longer prefix',
      { path: '/regex/long/prefix/x' },
      'first',
    ],
    ['nothing for a regular expression in the middle of a path', { path: '/x/regex' }, undefined],
    ['nothing for an expression that JavaScript does not know', { path: '/unknown' }, undefined],
    ['a bounded path itself', { path: '/a' }, 'bounded'],
    ['a path below a bounded path', { path: '/a/bc' }, 'bounded'],
    ['a bounded path below another', { path: '/a/b' }, 'below'],
    ['a path below that', { path: '/a/b/c' }, 'below'],
    ['nothing for a path that only begins like a bounded path', { path: '/ab' }, undefined],
    ['nothing for a bounded path in capitals', { path: '/A' }, undefined],
  ])('finds %s', (_, request, expected) => {
    const match = routerOf(routes)({ ...get, ...request });

    expect(match?.route.id).toBe(expected);
  });

  it.each([
    [undefined, true, '/sd2', '/'],
    [undefined, true, '/sd2/', '/'],
    [undefined, true, '/sd2/x/', '/x/'],
    [undefined, true, '/sd2x', '/x'],
    [undefined, false, '/sd2/x', '/sd2/x'],
    ['/base', true, '/sd2', '/base'],
    ['/base', true, '/sd2/', '/base/'],
    ['/base', true, '/sd2/x', '/base/x'],
    ['/base/', true, '/sd2', '/base'],
    ['/base/', true, '/sd2x', '/base/x'],
    ['/base/', false, '/sd2/x', '/base/sd2/x'],
  ])('asks a service at %s, strip_path %s, of %s for %s', (servicePath, strip_path, path, expected) => {
    const match = routerOf({ sd2: { paths: ['/sd2'], strip_path } }, servicePath)({ ...get, path });

    expect(match?.path).toBe(expected);
  });

  it.each([
    ['/a', '/', '/a'],
    ['/a/', '/', '/a/'],
    ['/a/x', '/x', '/a/'],
  ])('strips the matched part of a bounded path: %s arrives as %s', (path, arriving, strippedPrefix) => {
    const match = routerOf({ a: { paths: ['~/a$', '/a/'] } })({ ...get, path });

    expect(match).toMatchObject({ path: arriving, strippedPrefix });
  });

  it('prefers the older of two equal routes', () => {
    const match = routerOf({ young: { paths: ['/a'], created_at: 2 }, old: { paths: ['/a'], created_at: 1 } })({
      ...get,
      path: '/a',
    });

    expect(match?.route.id).toBe('old');
  });

  it('does not route to a disabled service', () => {
    const disabled = service.parse({ id: 'svc', host: 'svc', enabled: false });
    const router = createRouter({
      services: new Map([['svc', disabled]]),
      routes: [route.parse({ id: 'r', service: { id: 'svc' }, paths: ['/'] })],
    });

    expect(router({ ...get, path: '/' })).toBeUndefined();
  });
});
