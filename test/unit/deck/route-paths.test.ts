import { expect, it } from '@jest/globals';
import { boundRoute } from '#deck/route-paths';

const routeOf = (paths: readonly string[]) =>
  ({ kind: 'route', key: 'sd2', domain: 'sd2', parent: 'sd2', fields: { paths }, tags: [] }) as const;

it('fm-46 bounds plain paths, and keeps regular expressions', () => {
  expect(boundRoute(routeOf(['/sd2', '~/v\\d+'])).fields.paths).toEqual(['~/sd2$', '/sd2/', '~/v\\d+']);
});

it.each([[''], ['sd2'], ['~'], [' /sd2']])('fm-46 leaves a route as it is where %j is no path', (path) => {
  const route = routeOf(['/sd2', path]);

  expect(boundRoute(route)).toEqual(route);
});
