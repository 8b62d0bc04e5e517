import { describe, expect, it } from '@jest/globals';
import { boundedPaths, claimedPaths } from '#core/paths';

describe('boundedPaths', () => {
  it.each([
    ['the path itself and all paths below it', ['/sd2'], ['~/sd2$', '/sd2/']],
    ['each of several paths', ['/a', '/b/c'], ['~/a$', '/a/', '~/b/c$', '/b/c/']],
    ['the root unchanged', ['/'], ['/']],
    ['operators as plain characters', ['/v1.0/a+b(c)'], ['~/v1\\.0/a\\+b\\(c\\)$', '/v1.0/a+b(c)/']],
    ['every operator', ['/.+*?()[]{}|^$\\'], ['~/\\.\\+\\*\\?\\(\\)\\[\\]\\{\\}\\|\\^\\$\\\\$', '/.+*?()[]{}|^$\\/']],
    ["nothing else, which older routers refuse: -~!&';=:@", ["/a-b~!&';=:@"], ["~/a-b~!&';=:@$", "/a-b~!&';=:@/"]],
    ['a regular expression of people unchanged', ['~/x/\\d+'], ['~/x/\\d+']],
  ])('fm-46 returns %s', (_, claimed, held) => {
    expect(boundedPaths(claimed)).toEqual(held);
  });
});

describe('claimedPaths', () => {
  it.each([
    ['bounded paths', ['~/sd2$', '/sd2/'], ['/sd2']],
    ['bounded paths in any order', ['/a/', '~/b$', '~/a$', '/b/'], ['/a', '/b']],
    ['paths of an earlier version', ['/sd2', '/v1.0'], ['/sd2', '/v1.0']],
    ['either half', ['/a/', '~/b$'], ['/a', '/b']],
    ['escaped operators', ['~/v1\\.0/a\\+b\\(c\\)$'], ['/v1.0/a+b(c)']],
    ['the root', ['/'], ['/']],
  ])('fm-46 reads %s', (_, held, claimed) => {
    expect(claimedPaths(held)).toEqual(claimed);
  });

  it.each(['~/x/\\d+$', '~/v1.0$', '~/sd2', '~/sd2(/|$)', '~/a\\-b$', '~/$1$', '~'])(
    "fm-46 leaves people's %s unchanged",
    (path) => {
      expect(claimedPaths([path])).toEqual([path]);
    },
  );
});
