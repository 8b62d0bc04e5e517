import { describe, expect, it } from '@jest/globals';
import { environmentOf, isDump, parseOptions, socketPathOf } from '#plugin/server/options';

describe('parseOptions', () => {
  it.each<[readonly string[], object]>([
    [[], { kongPrefix: '/usr/local/kong', sockName: 'js_pluginserver.sock' }],
    [['-p', '/p', '--sock-name', 'x'], { kongPrefix: '/p', sockName: 'x' }],
    [['-kong-prefix', '/p', '-plugins-directory', '/d'], { kongPrefix: '/p', pluginsDirectory: '/d' }],
    [['-c', 'a.yaml', '--zone-id', 'use1-az1'], { config: 'a.yaml', zoneId: 'use1-az1' }],
    [['--metrics', 'unix:/m'], { metrics: 'unix:/m' }],
    [['--sock-for-all'], { sockForAll: true }],
  ])('reads %j', (argv, expected) => {
    expect(parseOptions(argv)).toMatchObject(expected);
  });

  it.each<[readonly string[], boolean]>([
    [[], false],
    [['--dump-all-plugins'], true],
    [['-dump-all-plugins'], true],
    [['--dump-plugin-info', 'privatelink'], true],
  ])('reads from %j whether only a dump is wanted', (argv, expected) => {
    expect(isDump(parseOptions(argv))).toBe(expected);
  });
});

it('the socket is in the prefix by default', () => {
  expect(socketPathOf(parseOptions(['-p', '/p', '--sock-name', 'x.sock']))).toBe('/p/x.sock');
});

it.each<[readonly string[], object]>([
  [[], {}],
  [['-c', '/a.yaml'], { KONG_PRIVATELINK_CONFIG: '/a.yaml' }],
  [['--zone-id', 'use1-az1'], { KONG_PRIVATELINK_ZONE_ID: 'use1-az1' }],
])('options become environment variables: %j', (argv, expected) => {
  expect(environmentOf(parseOptions(argv))).toEqual(expected);
});
