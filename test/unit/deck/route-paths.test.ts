import { expect, it } from '@jest/globals';
import { boundRoute, claimedPathsOf } from '#deck/route-paths';

const routeOf = (paths: readonly string[]) =>
  ({ kind: 'route', key: 'sd2', domain: 'sd2', parent: 'sd2', fields: { paths }, tags: [] }) as const;

it('fm-46 bounds plain paths, and keeps regular expressions', () => {
  expect(boundRoute(routeOf(['/sd2', '~/v\\d+'])).fields.paths).toEqual(['~/sd2$', '/sd2/', '~/v\\d+']);
});

it('takes a path that is not text for JSON, even if it has its own toString', () => {
  expect(claimedPathsOf({ fields: { paths: ['/sd2', { toString: null }, 7] } })).toEqual([
    '/sd2',
    '{"toString":null}',
    '7',
  ]);
});

it.each([[''], ['sd2'], ['~'], [' /sd2']])('fm-46 leaves a route unchanged where %j is not a path', (path) => {
  const route = routeOf(['/sd2', path]);

  expect(boundRoute(route)).toEqual(route);
});
