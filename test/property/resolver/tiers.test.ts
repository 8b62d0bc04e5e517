import { expect, it } from '@jest/globals';
import fc from 'fast-check';
import { choicesInUse, liveReach, pickTarget } from '#data-plane/reach/reach';
import { resolveRoutes } from '#data-plane/reach/resolve';
import { endpointOf, hubScope, knownScope, snapshotOf } from '../../support/builders';

const place = fc.record({
  zone: fc.constantFrom('use1-az1', 'use1-az2', 'usw2-az1', undefined),
  weight: fc.integer({ min: 0, max: 300 }),
  isDown: fc.boolean(),
  /** Scopes are confirmed apart from each other. */
  scope: fc.constantFrom('old', 'new'),
});

const world = fc.record({
  places: fc.array(place, { minLength: 1, maxLength: 12 }),
  isZonal: fc.boolean(),
  ownZone: fc.constantFrom('use1-az1', 'use1-az2', 'use2-az1', undefined),
  seenMs: fc.record({ old: fc.integer({ min: 0, max: 100 }), new: fc.integer({ min: 0, max: 100 }) }),
  sinceMs: fc.integer({ min: 0, max: 100 }),
});

type World = typeof world extends fc.Arbitrary<infer T> ? T : never;

function reachIn({ places, ownZone, seenMs }: World) {
  const scopes = (['old', 'new'] as const).map((name) => {
    const scope = { ...hubScope, id: `${name}.self.us-east-1`, source: name };
    const endpoints = places.flatMap(({ zone, weight, scope: own }, index) => {
      const region = zone?.startsWith('usw2') ? 'us-west-2' : 'us-east-1';
      const addresses = [{ ip: `10.0.0.${index}`, region, zoneId: zone }];
      const id = `vpce-${index}`;
      return own === name ? [endpointOf({ id, scopeId: scope.id, createdAtMs: index, weight, addresses })] : [];
    });
    return knownScope(endpoints, [], scope);
  });
  const route = resolveRoutes(snapshotOf(...scopes), ownZone).get('sd2');
  if (!route) return undefined;
  const down = new Set(places.flatMap(({ isDown }, index) => (isDown ? [`10.0.0.${index} 80`] : [])));
  const seenOf = (key: string) => ({ observedAtMs: key.startsWith('old') ? seenMs.old : seenMs.new });
  return { reach: liveReach(route, { seenOf, down }, undefined), down };
}

it('the resolver returns every place that the plugin picks, and else only down places of the tier', () => {
  fc.assert(
    fc.property(world, (given) => {
      const found = reachIn(given);
      if (!found) return;
      const { reach, down } = found;
      const { isZonal, sinceMs } = given;

      const answered = choicesInUse(reach, isZonal, sinceMs);
      // A round has as many turns as the weights add up to.
      const rounds = Array.from({ length: 5_000 }, () => pickTarget(reach, isZonal, sinceMs));
      const picked = new Set(rounds.flatMap((one) => one ?? []));

      const isPanic = answered.every(({ place: one }) => down.has(one));
      const expected = answered.filter(({ place: one }) => isPanic || !down.has(one));
      expect([...picked].map((one) => one.place).sort()).toEqual(expected.map((one) => one.place).sort());
      for (const one of answered) expect(one.seen.observedAtMs).toBeGreaterThanOrEqual(sinceMs);
      // Whoever is answered though it is down is no farther away than who is picked.
      const tierOf = (one: (typeof answered)[number]) => reach.tiers.findIndex(({ choices }) => choices.includes(one));
      const farthest = Math.max(-1, ...[...picked].map(tierOf));
      if (isZonal && !isPanic) for (const one of answered) expect(tierOf(one)).toBeLessThanOrEqual(farthest);
    }),
    { numRuns: 300 },
  );
});
