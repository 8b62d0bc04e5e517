import { describe, expect, it } from '@jest/globals';
import { boundedPaths, claimedPaths } from '#core/paths';

describe('boundedPaths', () => {
  it.each([
    ['the path itself and all below it', ['/sd2'], ['~/sd2$', '/sd2/']],
    ['each of several', ['/a', '/b/c'], ['~/a$', '/a/', '~/b/c$', '/b/c/']],
    ['the root as it is', ['/'], ['/']],
    ['operators as themselves', ['/v1.0/a+b(c)'], ['~/v1\\.0/a\\+b\\(c\\)$', '/v1.0/a+b(c)/']],
    ['every operator', ['/.+*?()[]{}|^$\\'], ['~/\\.\\+\\*\\?\\(\\)\\[\\]\\{\\}\\|\\^\\$\\\\$', '/.+*?()[]{}|^$\\/']],
    ["nothing else, which older routers refuse: -~!&';=:@", ["/a-b~!&';=:@"], ["~/a-b~!&';=:@$", "/a-b~!&';=:@/"]],
    ["a regular expression of somebody's as it is", ['~/x/\\d+'], ['~/x/\\d+']],
  ])('fm-46 holds %s', (_, claimed, held) => {
    expect(boundedPaths(claimed)).toEqual(held);
  });
});

describe('claimedPaths', () => {
  it.each([
    ['bounded paths', ['~/sd2$', '/sd2/'], ['/sd2']],
    ['in whatever order', ['/a/', '~/b$', '~/a$', '/b/'], ['/a', '/b']],
    ['paths of a version before', ['/sd2', '/v1.0'], ['/sd2', '/v1.0']],
    ['either half', ['/a/', '~/b$'], ['/a', '/b']],
    ['escaped operators', ['~/v1\\.0/a\\+b\\(c\\)$'], ['/v1.0/a+b(c)']],
    ['the root', ['/'], ['/']],
  ])('fm-46 reads %s', (_, held, claimed) => {
    expect(claimedPaths(held)).toEqual(claimed);
  });

  it.each(['~/x/\\d+$', '~/v1.0$', '~/sd2', '~/sd2(/|$)', '~/a\\-b$', '~/$1$', '~'])(
    "fm-46 leaves %s, somebody's own, as it is",
    (path) => {
      expect(claimedPaths([path])).toEqual([path]);
    },
  );
});
