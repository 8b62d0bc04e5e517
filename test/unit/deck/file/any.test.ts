import { describe, expect, it } from '@jest/globals';
import { parseAnyDeckFile } from '#deck/file/any';

describe('parseAnyDeckFile', () => {
  it('returns entities with their parents, at any level', () => {
    const { held } = parseAnyDeckFile(
      `_format_version: "3.0"
services:
- name: orders
  host: orders.up
  routes: [{ name: a, paths: [/a], plugins: [{ name: cors }] }]
  plugins: [{ name: key-auth }]
routes: [{ name: b, service: orders, paths: [/b] }]
plugins: [{ name: rate-limiting, service: orders }]
upstreams: [{ name: orders.up, targets: [{ target: "10.0.0.1:80" }] }]
`,
      'kong.yaml',
    );

    expect(held.map(({ kind, key, parent }) => [kind, key, parent])).toEqual([
      ['upstream', 'orders.up', undefined],
      ['target', 'orders.up|10.0.0.1:80', 'orders.up'],
      ['service', 'orders', undefined],
      ['route', 'a', 'orders'],
      ['route', 'b', 'orders'],
      ['plugin', 'orders|key-auth', 'orders'],
      ['plugin', 'a/0|cors', undefined],
      ['plugin', 'orders|rate-limiting', 'orders'],
    ]);
  });

  it("applies the defaults of the file, and prefers the entity's own values", () => {
    const { held } = parseAnyDeckFile(
      `_info: { select_tags: [team-a], defaults: { service: { protocol: https, port: 443 }, target: { weight: 7 } } }
services: [{ name: a, host: a.up }, { name: b, host: b.up, port: 8443 }]
upstreams: [{ name: a.up, targets: [{ target: "10.0.0.1:80" }] }]
`,
      'kong.yaml',
    );

    expect(held.map(({ key, fields: { port, weight } }) => [key, port ?? weight])).toEqual([
      ['a.up', undefined],
      ['a.up|10.0.0.1:80', 7],
      ['a', 443],
      ['b', 8443],
    ]);
  });

  it('returns the select tags', () => {
    expect(parseAnyDeckFile('_info: { select_tags: [team-a] }', 'kong.yaml').selectTags).toEqual(['team-a']);
    expect(parseAnyDeckFile('', 'kong.yaml')).toEqual({ held: [], selectTags: [] });
  });

  it.each([
    ['grpcs://a.example', { protocol: 'grpcs', host: 'a.example', port: 443 }],
    ['http://[fd00::1]:8080/x', { protocol: 'http', host: 'fd00::1', port: 8080, path: '/x' }],
    ['https://a.example/', { protocol: 'https', host: 'a.example', port: 443 }],
  ])('parses the address %s', (url, fields) => {
    const { held } = parseAnyDeckFile(JSON.stringify({ services: [{ name: 'a', url }] }), 'kong.yaml');

    expect(held[0]?.fields).toEqual({ name: 'a', ...fields });
  });

  it('names the file and the wrong field', () => {
    expect(() => parseAnyDeckFile('upstreams: [{ targets: [] }]', 'kong.yaml')).toThrow(
      /^kong.yaml is not a decK file \(upstreams.0.name: /,
    );
    expect(() => parseAnyDeckFile('{', 'kong.yaml')).toThrow(/^kong.yaml is not a decK file \(/);
  });
});
