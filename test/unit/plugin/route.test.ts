import { describe, expect, it } from '@jest/globals';
import { resolveRoutes } from '../../../plugin/resolve';
import { liveRoute, pickTarget, setHealth } from '../../../plugin/route';
import { endpointOf, knownScope, snapshotOf } from '../../support/builders';

type Place = readonly [ip: string, zoneId: string, weight: number];

const places: readonly Place[] = [
  ['10.0.1.1', 'use1-az1', 3],
  ['10.0.1.2', 'use1-az1', 1],
  ['10.0.2.1', 'use1-az2', 1],
  ['10.9.1.1', 'usw2-az1', 1],
];
const ips = places.map(([ip]) => ip);

/** The route of a data plane in use1-az1 with these targets ejected. */
function routeWithout(...down: readonly string[]) {
  const endpoints = places.map(([ip, zoneId, weight], index) => {
    const region = zoneId.startsWith('use1') ? 'us-east-1' : 'us-west-2';
    return endpointOf({ id: `vpce-${index}`, createdAtMs: index, weight, addresses: [{ ip, zoneId, region }] });
  });
  const found = resolveRoutes(snapshotOf(knownScope(endpoints)), 'use1-az1').get('sd2');
  if (!found) throw new Error('the test resolves nothing');
  const facts = { scopeOf: () => ({ observedAtMs: 1_000 }), down: new Set(down.map((ip) => `${ip} 80`)) };
  return liveRoute(found, facts, undefined);
}

type LiveRoute = ReturnType<typeof routeWithout>;

function sharesOf(route: LiveRoute, isZonal = true, count = 10_000): Record<string, number> {
  const shares: Record<string, number> = {};
  for (let request = 0; request < count; request += 1) {
    const ip = pickTarget(route, isZonal, 1_000)?.ip ?? 'none';
    shares[ip] = (shares[ip] ?? 0) + 1 / count;
  }
  return shares;
}

describe('pickTarget', () => {
  it.each<[string, boolean, readonly string[], Readonly<Record<string, number>>]>([
    ['stays in its zone while that is healthy', true, [], { '10.0.1.1': 0.75, '10.0.1.2': 0.25 }],
    ['stays in its zone with what is healthy there', true, ['10.0.1.1'], { '10.0.1.2': 1 }],
    ['goes to its region when its zone is down', true, ['10.0.1.1', '10.0.1.2'], { '10.0.2.1': 1 }],
    ['goes to any region when its own is down', true, ips.slice(0, 3), { '10.9.1.1': 1 }],
    [
      'uses all when all are down',
      true,
      ips,
      { '10.0.1.1': 1 / 2, '10.0.1.2': 1 / 6, '10.0.2.1': 1 / 6, '10.9.1.1': 1 / 6 },
    ],
    [
      'knows no zones without affinity',
      false,
      ['10.0.1.1'],
      { '10.0.1.2': 1 / 3, '10.0.2.1': 1 / 3, '10.9.1.1': 1 / 3 },
    ],
  ])('%s, with shares within 1 %% of the weights', (_, isZonal, down, expected) => {
    const shares = sharesOf(routeWithout(...down), isZonal);

    expect(Object.keys(shares).sort()).toEqual(Object.keys(expected).sort());
    for (const [ip, share] of Object.entries(expected)) expect(Math.abs((shares[ip] ?? 0) - share)).toBeLessThan(0.01);
  });

  it('keeps the shares of the others within 1 % when targets come and go between requests', () => {
    const route = routeWithout();
    const [flapping = ''] = ips;
    let isDown = false;
    const shares: Record<string, number> = {};
    for (let request = 0; request < 10_000; request += 1) {
      if (request % 7 === 0) {
        isDown = !isDown;
        setHealth(route, isDown, `${flapping} 80`);
      }
      const { ip = 'none' } = pickTarget(route, false, 0) ?? {};
      if (isDown && ip === flapping) throw new Error(`${ip} is down`);
      if (ip !== flapping) shares[ip] = (shares[ip] ?? 0) + 1;
    }

    const [first = 0, ...others] = Object.values(shares);
    for (const other of others) expect(Math.abs(other / first - 1)).toBeLessThan(0.01);
  });

  it('gives nothing when all were confirmed too long ago, be they up or down', () => {
    expect(pickTarget(routeWithout(), true, 1_001)).toBeUndefined();
    expect(pickTarget(routeWithout(...ips), true, 1_001)).toBeUndefined();
  });
});
