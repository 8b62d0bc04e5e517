import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { Address, Snapshot } from '#core/model';
import { liveReach, pickTarget, type Reach } from '#data-plane/reach/reach';
import { isForeignZone, type Routes, resolveRoutes } from '#data-plane/reach/resolve';
import { endpointOf, hubScope, knownScope, snapshotOf, unknownScope } from '../../../support/builders';

function address(ip: string, zoneId?: string, region = 'us-east-1'): Address {
  return { ip, zoneId, region };
}

type Table = { readonly routes: Routes; readonly get: (domain: string) => Reach | undefined };

/** The routes of the discovery thread, as the thread that serves requests reads them. */
function buildTable(snapshot: Snapshot, zoneId: string | undefined, previous?: Table): Table {
  const routes = resolveRoutes(snapshot, zoneId, previous?.routes);
  const facts = { seenOf: () => ({ observedAtMs: 0 }), down: new Set<string>() };
  const live = new Map([...routes].map(([domain, route]) => [domain, liveReach(route, facts, previous?.get(domain))]));
  return { routes, get: (domain) => live.get(domain) };
}

function tableOf(zoneId: string | undefined, ...addresses: readonly Address[]) {
  return buildTable(snapshotOf(knownScope([endpointOf({ addresses })])), zoneId);
}

/** The address of the next request that prefers its own zone. */
function nextOf(route: Reach | undefined): string | undefined {
  return route && pickTarget(route, true, 0)?.ip;
}

/** Counts the picks of each address in `count` picks. */
function sharesOf(route: Reach | undefined, count: number): Record<string, number> {
  const shares: Record<string, number> = {};
  for (let index = 0; index < count; index += 1) {
    const ip = nextOf(route) ?? 'none';
    shares[ip] = (shares[ip] ?? 0) + 1;
  }
  return shares;
}

describe('resolveRoutes', () => {
  it.each([
    ['its own zone', 'use1-az1', ['10.0.1.1']],
    ['its own region when its zone has no target', 'use1-az9', ['10.0.1.1', '10.0.2.1']],
    ['any zone when its region has no target', 'euw1-az1', ['10.0.1.1', '10.0.2.1', '10.9.1.1']],
    ['any zone when its own zone is unknown', undefined, ['10.0.1.1', '10.0.2.1', '10.9.1.1']],
  ])('picks targets of %s', (_, zoneId, expected) => {
    const table = tableOf(
      zoneId,
      address('10.0.1.1', 'use1-az1'),
      address('10.0.2.1', 'use1-az2'),
      address('10.9.1.1', 'usw2-az1', 'us-west-2'),
    );

    expect(Object.keys(sharesOf(table.get('sd2'), 30)).sort()).toEqual(expected);
  });

  it.each([
    ['A: all targets are in the other region', [['10.9.1.1', 'use1-az1']], ['10.9.1.1']],
    [
      'A: a zone of the other region with an equal ending is another zone',
      [
        ['10.9.1.1', 'use1-az1'],
        ['10.9.2.1', 'use1-az2'],
      ],
      ['10.9.1.1', '10.9.2.1'],
    ],
    [
      'A and B: the same region wins over the other',
      [
        ['10.9.1.1', 'use1-az1'],
        ['10.0.2.1', 'usw2-az2'],
      ],
      ['10.0.2.1'],
    ],
    [
      'A and B: the own zone wins over all',
      [
        ['10.9.1.1', 'use1-az1'],
        ['10.0.2.1', 'usw2-az2'],
        ['10.0.1.1', 'usw2-az1'],
      ],
      ['10.0.1.1'],
    ],
    [
      'B: without zones of the interfaces, any target',
      [
        ['10.9.1.1', undefined],
        ['10.0.2.1', undefined],
      ],
      ['10.0.2.1', '10.9.1.1'],
    ],
  ] as const)('across regions (%s)', (_, places, expected) => {
    const addresses = places.map(([ip, zoneId]) =>
      address(ip, zoneId, ip.startsWith('10.9.') ? 'us-east-1' : 'us-west-2'),
    );

    const picked = sharesOf(tableOf('usw2-az1', ...addresses).get('sd2'), 12);

    expect(Object.keys(picked).sort()).toEqual(expected);
  });

  it('never treats two unknown zones as one zone', () => {
    const table = tableOf(undefined, address('10.0.1.1'), address('10.0.2.1', 'use1-az1'));

    expect(Object.keys(sharesOf(table.get('sd2'), 4))).toHaveLength(2);
  });

  it('picks every target exactly by its weight over a full round', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 100 }), { minLength: 1, maxLength: 6 }), (weights) => {
        const endpoints = weights.map((weight, index) =>
          endpointOf({ id: `vpce-${index}`, createdAtMs: index, weight, addresses: [address(`10.0.0.${index}`)] }),
        );
        const table = buildTable(snapshotOf(knownScope(endpoints)), undefined);
        const total = weights.reduce((sum, weight) => sum + weight, 0);

        const shares = sharesOf(table.get('sd2'), total);

        expect(weights.map((_, index) => shares[`10.0.0.${index}`])).toEqual(weights);
      }),
    );
  });

  it('spreads the picks of a heavy target evenly', () => {
    const heavy = endpointOf({ id: 'vpce-a', createdAtMs: 1, weight: 5, addresses: [address('10.0.0.1')] });
    const others = [2, 3].map((index) =>
      endpointOf({ id: `vpce-${index}`, createdAtMs: index, weight: 1, addresses: [address(`10.0.0.${index}`)] }),
    );
    const route = buildTable(snapshotOf(knownScope([heavy, ...others])), undefined).get('sd2');

    expect(Array.from({ length: 7 }, () => nextOf(route)?.slice(-1)).join('')).toBe('1112113');
  });

  it('continues the round of the table before while the choices are equal', () => {
    const addresses = ['10.0.0.1', '10.0.0.2', '10.0.0.3'].map((ip) => address(ip));
    let table = tableOf(undefined, ...addresses);

    const picked = addresses.map(() => {
      const ip = nextOf(table.get('sd2'));
      table = buildTable(snapshotOf(knownScope([endpointOf({ addresses })])), undefined, table);
      return ip;
    });

    expect(picked.sort()).toEqual(['10.0.0.1', '10.0.0.2', '10.0.0.3']);
  });

  it.each([
    ['weight', { weight: 7 }],
    ['port', { port: 8080 }],
    ['host', { host: 'other' }],
  ])('never uses an old pick after a change of %s', (_, over) => {
    const picked = (table: Table) => {
      const route = table.get('sd2');
      return route && pickTarget(route, true, 0);
    };
    const addresses = [address('10.0.0.1')];
    const before = tableOf(undefined, ...addresses);
    const changed = snapshotOf(knownScope([endpointOf({ addresses, ...over })]));

    const pick = picked(buildTable(changed, undefined, before));

    expect(pick).toEqual(picked(buildTable(changed, undefined)));
  });

  it('picks each target by its share of the weights within one percent over 10,000 picks', () => {
    const weights = [1, 2, 7, 90, 300];
    const endpoints = weights.map((weight, index) =>
      endpointOf({ id: `vpce-${index}`, createdAtMs: index, weight, addresses: [address(`10.0.0.${index}`)] }),
    );

    const shares = sharesOf(buildTable(snapshotOf(knownScope(endpoints)), undefined).get('sd2'), 10_000);

    for (const [index, weight] of weights.entries())
      expect(Math.abs((shares[`10.0.0.${index}`] ?? 0) / 10_000 - weight / 400)).toBeLessThan(0.01);
  });

  it('never leaves the zone while the zone has a target with weight', () => {
    const zones = ['use1-az1', 'use1-az2', 'use1-az3', undefined];
    const addresses = fc.array(
      fc.record({ zoneId: fc.constantFrom(...zones), weight: fc.integer({ min: 0, max: 3 }) }),
      { minLength: 1, maxLength: 8 },
    );
    fc.assert(
      fc.property(addresses, (drawn) => {
        const endpoints = drawn.map(({ zoneId, weight }, index) =>
          endpointOf({
            id: `vpce-${index}`,
            createdAtMs: index,
            weight,
            addresses: [address(`10.0.0.${index}`, zoneId)],
          }),
        );
        const own = drawn.flatMap(({ zoneId, weight }, index) =>
          zoneId === 'use1-az1' && weight > 0 ? [`10.0.0.${index}`] : [],
        );

        const picked = Object.keys(sharesOf(buildTable(snapshotOf(knownScope(endpoints)), 'use1-az1').get('sd2'), 40));

        if (own.length > 0) expect(picked.sort()).toEqual(own.sort());
      }),
    );
  });

  it('picks no target of weight 0, unless all targets have weight 0', () => {
    const zero = endpointOf({ weight: 0, addresses: [address('10.0.0.1')] });
    const other = endpointOf({ id: 'vpce-2', createdAtMs: 2, weight: 1, addresses: [address('10.0.0.2')] });

    expect(sharesOf(buildTable(snapshotOf(knownScope([zero, other])), undefined).get('sd2'), 4)).toEqual({
      '10.0.0.2': 4,
    });
    expect(sharesOf(buildTable(snapshotOf(knownScope([zero])), undefined).get('sd2'), 4)).toEqual({
      '10.0.0.1': 4,
    });
  });

  it('picks only the fresh one of two scopes, whatever the weights', () => {
    const west = { ...hubScope, id: 'hub.self.us-west-2' };
    const stale = endpointOf({
      id: 'vpce-2',
      createdAtMs: 2,
      weight: 1_000,
      scopeId: west.id,
      addresses: [address('10.9.0.1')],
    });
    const fresh = endpointOf({ weight: 1, addresses: [address('10.0.0.1')] });
    const resolved = resolveRoutes(snapshotOf(knownScope([fresh]), unknownScope([stale], west)), undefined).get('sd2');
    const seenOf = (id: string) => ({ observedAtMs: id === hubScope.id ? 2_000 : 1_000 });
    const route = resolved && liveReach(resolved, { seenOf, down: new Set() }, undefined);

    const picked = route && Array.from({ length: 5 }, () => pickTarget(route, true, 1_500)?.ip);

    expect(picked).toEqual(Array(5).fill('10.0.0.1'));
    expect(route && pickTarget(route, true, 2_001)).toBeUndefined();
  });

  describe('after an earlier table', () => {
    const before = tableOf(undefined, address('10.0.1.11'));
    const addresses = [address('10.0.1.11'), address('10.0.2.22')];
    const next = (...endpoints: Parameters<typeof knownScope>) =>
      Object.keys(sharesOf(buildTable(snapshotOf(knownScope(...endpoints)), undefined, before).get('sd2'), 4));

    it.each(['pending', 'partial', 'unlisted'] as const)(
      'keeps present targets, and adds none, while the endpoint is %s',
      (state) => {
        expect(next([endpointOf({ state, addresses })])).toEqual(['10.0.1.11']);
      },
    );

    it('keeps present targets while the endpoint is quarantined', () => {
      const quarantined = {
        endpointId: 'vpce-1',
        scopeId: hubScope.id,
        code: 'bad-tag',
        reason: 'has a bad tag',
        fix: '',
      } as const;

      expect(next([], [quarantined])).toEqual(['10.0.1.11']);
    });

    it.each(['rejected', 'failed', 'expired', 'deleting', 'deleted'] as const)(
      'drops even the last target when the endpoint is %s',
      (state) => {
        expect(next([endpointOf({ state, addresses: [] })])).toEqual(['none']);
      },
    );

    it('fm-01 keeps the last target of an absent endpoint, and removes it beside others', () => {
      const other = endpointOf({ id: 'vpce-2', createdAtMs: 2, addresses: [address('10.0.2.22')] });

      expect(next([])).toEqual(['10.0.1.11']);
      expect(next([other])).toEqual(['10.0.2.22']);
    });

    it('keeps the settings against an older endpoint with other settings', () => {
      const rogue = endpointOf({
        id: 'vpce-0',
        createdAtMs: 0,
        host: 'rogue.example',
        addresses: [address('10.6.6.6')],
      });

      expect(next([rogue, endpointOf({ addresses })])).toEqual(['10.0.1.11', '10.0.2.22']);
    });
  });
});

describe('isForeignZone', () => {
  it.each([
    ['of the same region', 'use1-az6', 'use1-az1', false],
    ['of another region', 'euw1-az1', 'use1-az1', true],
    ['and no zone of a target is known', 'euw1-az1', undefined, false],
  ])('judges a zone %s', (_, own, ofTarget, expected) => {
    expect(isForeignZone(tableOf(undefined, address('10.0.0.1', ofTarget)).routes, own)).toBe(expected);
  });
});
