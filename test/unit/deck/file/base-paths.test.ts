import { describe, expect, it } from '@jest/globals';
import { parseBase } from '#deck/file/base';
import { warnOfUnbounded, writtenPaths } from '#deck/file/base-paths';

function baseOf(text: string) {
  return parseBase([{ path: 'base.yaml', text: `_format_version: "3.0"\n${text}` }]);
}

const warning = 'deck.base: Kong takes a plain path for the beginning of a text: ';

describe('warnOfUnbounded', () => {
  it('fm-46 names the route, the other paths that it takes, and the right form', () => {
    const base = baseOf('routes: [{ name: edge, paths: [/sd2, /v1.0] }]\n');

    expect(warnOfUnbounded(base)).toBe(
      `${warning}/sd2 of route edge takes /sd22 too (write ~/sd2$ and /sd2/ instead), ` +
        '/v1.0 of route edge takes /v1.02 too (write ~/v1\\.0$ and /v1.0/ instead)',
    );
  });

  it('fm-46 finds routes inside services, and routes with an id only', () => {
    const base = baseOf(
      'services: [{ name: a, routes: [{ name: x, paths: [/a] }] }]\nroutes: [{ id: z, paths: [/b] }]\n',
    );

    expect(warnOfUnbounded(base)).toContain('/a of route x takes');
    expect(warnOfUnbounded(base)).toContain('/b of route z takes');
  });

  it('fm-46 is one warning, however many routes there are', () => {
    const base = baseOf('routes: [{ name: edge, paths: [/a, /b, /c, /d, /e] }]\n');

    expect(warnOfUnbounded(base)).toMatch(/\/c of route edge .* and 2 more$/);
  });

  it.each([
    ['bounded paths', '[~/sd2$, /sd2/]'],
    ['regular expressions, which belong to their writer', '[~/sd2]'],
    ['the root', '[/]'],
    ['no paths', 'null'],
  ])('fm-46 does not warn of %s', (_, paths) => {
    expect(warnOfUnbounded(baseOf(`routes: [{ name: edge, hosts: [a], paths: ${paths} }]\n`))).toBeUndefined();
  });
});

describe('writtenPaths', () => {
  it.each([
    ['a name', 'routes: [{ name: edge, paths: [/sd2], service: legacy }]\n'],
    ['an object', 'routes: [{ name: edge, paths: [~/sd2$, /sd2/], service: { name: legacy } }]\n'],
    ['its place', 'services: [{ name: legacy, routes: [{ name: edge, paths: [/sd2/] }] }]\n'],
  ])('fm-47 returns the meaning of a path, and the service by %s', (_, text) => {
    const base = baseOf(`${text.includes('services') ? '' : 'services: [{ name: legacy }]\n'}${text}`);

    expect(writtenPaths(base)).toEqual([{ path: '/sd2', route: 'route edge', service: 'legacy' }]);
  });

  it('fm-47 returns a path without a service', () => {
    expect(writtenPaths(baseOf('routes: [{ name: edge, paths: [/a] }]\n'))).toMatchObject([{ service: undefined }]);
  });

  it.each(['hosts: [a.example]', 'methods: [GET]', 'headers: { x-a: [b] }', 'snis: [a.example]'])(
    'fm-47 leaves out a path that applies to some requests only: %s',
    (matcher) => {
      expect(writtenPaths(baseOf(`routes: [{ name: edge, paths: [/a], ${matcher} }]\n`))).toEqual([]);
    },
  );
});
