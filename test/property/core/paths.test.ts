import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { boundedPaths, claimedPaths } from '#core/paths';
import { route, service } from '#sandbox/gateway/entities';
import { createRouter } from '#sandbox/gateway/proxy/router';

/** What RFC 3986 allows in a segment, and what it does not and an expression would understand. */
const character = fc.constantFrom(...'abc019._~!$&\'()*+;=:@-[]{}|^\\?<>#" ');
const segment = fc.string({ unit: character, minLength: 1, maxLength: 6 });
const path = fc.array(segment, { minLength: 1, maxLength: 3 }).map((segments) => `/${segments.join('/')}`);
const claimed = fc.uniqueArray(fc.oneof({ weight: 9, arbitrary: path }, fc.constant('/')), {
  minLength: 1,
  maxLength: 4,
});

function finder(paths: readonly string[]) {
  const router = createRouter({
    services: new Map([['svc', service.parse({ id: 'svc', host: 'svc' })]]),
    routes: [route.parse({ id: 'r', service: { id: 'svc' }, paths })],
  });
  return (asked: string) => router({ method: 'GET', host: 'gateway', path: asked });
}

describe('bounded paths', () => {
  it('fm-46 are read back as the claimed paths, like the paths of an earlier version', () => {
    fc.assert(
      fc.property(claimed, (paths) => {
        expect(claimedPaths(boundedPaths(paths))).toEqual(paths);
        expect(claimedPaths(paths)).toEqual(paths);
        expect(boundedPaths(boundedPaths(paths))).toEqual(boundedPaths(paths));
      }),
    );
  });

  it('fm-46 match a path and all below it, and no longer path with the same beginning', () => {
    fc.assert(
      fc.property(path, segment, (claim, more) => {
        const find = finder(boundedPaths([claim]));

        expect(find(claim)).toMatchObject({ path: '/' });
        expect(find(`${claim}/`)).toMatchObject({ path: '/' });
        expect(find(`${claim}/${more}`)).toMatchObject({ path: `/${more}` });
        expect(find(claim + more)).toBeUndefined();
        expect(find(claim.slice(0, -1))).toBeUndefined();
      }),
    );
  });

  it('fm-46 contain no escape that older routers refuse', () => {
    fc.assert(
      fc.property(path, (claim) => {
        const [expression = ''] = boundedPaths([claim]);
        const escapes = expression.match(/\\./g) ?? [];

        expect(escapes.filter((one) => !'.+*?()[]{}|^$\\'.includes(one.slice(1)))).toEqual([]);
      }),
    );
  });
});
