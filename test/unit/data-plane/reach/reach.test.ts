import { describe, expect, it } from '@jest/globals';
import { liveReach, noteHealth, pickTarget, type Reach } from '#data-plane/reach/reach';
import { type DomainRoute, resolveRoutes } from '#data-plane/reach/resolve';
import { endpointOf, knownScope, snapshotOf } from '../../../support/builders';

type Place = readonly [ip: string, zoneId: string, weight: number];

const places: readonly Place[] = [
  ['10.0.1.1', 'use1-az1', 3],
  ['10.0.1.2', 'use1-az1', 1],
  ['10.0.2.1', 'use1-az2', 1],
  ['10.9.1.1', 'usw2-az1', 1],
];
const ips = places.map(([ip]) => ip);

const seenOf = () => ({ observedAtMs: 1_000 });

/** The places of targets, as probes name them. */
function ejected(...down: readonly string[]): Set<string> {
  return new Set(down.map((ip) => `${ip} 80`));
}

/** The route of a data plane in use1-az1 with these targets ejected. */
function routeWithout(...down: readonly string[]) {
  return liveReach(resolved(), { seenOf, down: ejected(...down) }, undefined);
}

function resolved(): DomainRoute {
  const endpoints = places.map(([ip, zoneId, weight], index) => {
    const region = zoneId.startsWith('use1') ? 'us-east-1' : 'us-west-2';
    return endpointOf({ id: `vpce-${index}`, createdAtMs: index, weight, addresses: [{ ip, zoneId, region }] });
  });
  const found = resolveRoutes(snapshotOf(knownScope(endpoints)), 'use1-az1').get('sd2');
  if (!found) throw new Error('the test resolves nothing');
  return found;
}

type LiveReach = ReturnType<typeof routeWithout>;

function sharesOf(route: LiveReach, isZonal = true, count = 10_000): Record<string, number> {
  const shares: Record<string, number> = {};
  for (let request = 0; request < count; request += 1) {
    const ip = pickTarget(route, isZonal, 1_000)?.ip ?? 'none';
    shares[ip] = (shares[ip] ?? 0) + 1 / count;
  }
  return shares;
}

describe('pickTarget', () => {
  it.each<[string, boolean, readonly string[], Readonly<Record<string, number>>]>([
    ['stays in its zone while the zone is healthy', true, [], { '10.0.1.1': 0.75, '10.0.1.2': 0.25 }],
    ['stays in its zone with the healthy targets of the zone', true, ['10.0.1.1'], { '10.0.1.2': 1 }],
    ['goes to its region when its zone is down', true, ['10.0.1.1', '10.0.1.2'], { '10.0.2.1': 1 }],
    ['goes to any region when its own region is down', true, ips.slice(0, 3), { '10.9.1.1': 1 }],
    [
      'uses all targets when all are down',
      true,
      ips,
      { '10.0.1.1': 1 / 2, '10.0.1.2': 1 / 6, '10.0.2.1': 1 / 6, '10.9.1.1': 1 / 6 },
    ],
    [
      'ignores zones without affinity',
      false,
      ['10.0.1.1'],
      { '10.0.1.2': 1 / 3, '10.0.2.1': 1 / 3, '10.9.1.1': 1 / 3 },
    ],
  ])('%s, with shares within 1 %% of the weights', (_, isZonal, down, expected) => {
    const shares = sharesOf(routeWithout(...down), isZonal);

    expect(Object.keys(shares).sort()).toEqual(Object.keys(expected).sort());
    for (const [ip, share] of Object.entries(expected)) expect(Math.abs((shares[ip] ?? 0) - share)).toBeLessThan(0.01);
  });

  it('keeps the other shares within 1 % when targets come and go between requests', () => {
    const down = new Set<string>();
    const route = liveReach(resolved(), { seenOf, down }, undefined);
    const [flapping = ''] = ips;
    const shares: Record<string, number> = {};
    for (let request = 0; request < 10_000; request += 1) {
      if (request % 7 === 0) {
        if (!down.delete(`${flapping} 80`)) down.add(`${flapping} 80`);
        noteHealth(route);
      }
      const { ip = 'none' } = pickTarget(route, false, 0) ?? {};
      if (down.size > 0 && ip === flapping) throw new Error(`${ip} is down`);
      if (ip !== flapping) shares[ip] = (shares[ip] ?? 0) + 1;
    }

    const [first = 0, ...others] = Object.values(shares);
    for (const other of others) expect(Math.abs(other / first - 1)).toBeLessThan(0.01);
  });

  it('looks at each target once for a request, however many changes came before', () => {
    let looks = 0;
    const down = new (class extends Set<string> {
      override has(place: string): boolean {
        looks += 1;
        return super.has(place);
      }
    })();
    const route = liveReach(resolved(), { seenOf, down }, undefined);
    for (let change = 0; change < 1_000; change += 1) {
      down.add(`${ips[0]} 80`);
      noteHealth(route);
    }

    const picked = [pickTarget(route, false, 0), pickTarget(route, false, 0), pickTarget(route, false, 0)];

    expect(picked.map((one) => one?.ip).sort()).toEqual(ips.slice(1));
    expect(looks).toBe(places.length);
  });

  it('favours no target when others come and go between requests', () => {
    const { tiers: _, choices, ...route } = resolved();
    const all = choices.map((one) => ({ ...one, weight: 1 }));
    const facts = { seenOf, down: new Set<string>() };
    const shares: Record<string, number> = {};
    let live: Reach | undefined;
    for (let request = 0; request < 900; request += 1) {
      live = liveReach({ ...route, choices: all.slice(0, 3 + (request % 2)), tiers: [] }, facts, live);
      const { ip = 'none' } = pickTarget(live, false, 0) ?? {};
      shares[ip] = (shares[ip] ?? 0) + 1;
    }

    for (const ip of ips.slice(0, 3)) expect(shares[ip]).toBeGreaterThan(100);
  });

  it('returns nothing when all observations are too old, up or down', () => {
    expect(pickTarget(routeWithout(), true, 1_001)).toBeUndefined();
    expect(pickTarget(routeWithout(...ips), true, 1_001)).toBeUndefined();
  });
});
