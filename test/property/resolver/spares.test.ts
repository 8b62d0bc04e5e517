import { expect, it } from '@jest/globals';
import fc from 'fast-check';
import { wordsOf } from '#core/addresses/parse';
import { liveReach, type Reach } from '#data-plane/reach/reach';
import { resolveRoutes } from '#data-plane/reach/resolve';
import { answerTo } from '#resolver/answers/answer';
import { limitOf, type Query, readQuery, type Transport } from '#resolver/packets/query';
import { writeReply } from '#resolver/packets/reply';
import { endpointOf, hubScope, knownScope, snapshotOf } from '../../support/builders';
import { queryOf, readAnswer } from '../../support/network/dns';

/**
 * Spares (docs/decisions/0055-zone-spares.md), judged by the text of the decision, without the
 * product's computations.
 */

/** Kong checks each of them as well. */
const mostSpares = 8;

const scopeNames = ['old', 'new'] as const;

const place = fc.record({
  zone: fc.constantFrom('use1-az1', 'use1-az2', 'use1-az3', 'usw2-az1', undefined),
  weight: fc.oneof(fc.integer({ min: 1, max: 300 }), fc.constantFrom(1, 100, 65_535)),
  isDown: fc.boolean(),
  is6: fc.boolean(),
  scope: fc.constantFrom(...scopeNames),
});

const world = fc.record({
  places: fc.array(place, { minLength: 1, maxLength: 40, size: 'max' }),
  isZonal: fc.boolean(),
  ownZone: fc.constantFrom('use1-az1', 'use1-az2', 'usw2-az1', 'euw1-az1', undefined),
  seenMs: fc.record({ old: fc.integer({ min: 0, max: 100 }), new: fc.integer({ min: 0, max: 100 }) }),
  sinceMs: fc.integer({ min: 0, max: 100 }),
});

type World = typeof world extends fc.Arbitrary<infer T> ? T : never;
type Place = World['places'][number] & { readonly ip: string; readonly port: number };

function placesOf({ places }: World): readonly Place[] {
  return places.map((one, index) => ({
    ...one,
    ip: one.is6
      ? `fd00:0000:0000:0000:0000:0000:0000:${(index + 1).toString(16).padStart(4, '0')}`
      : `10.0.0.${index + 1}`,
    port: 8_000 + index,
  }));
}

/** By what the ids of its zones begin with. */
const regions = new Map([
  ['use1', 'us-east-1'],
  ['usw2', 'us-west-2'],
  ['euw1', 'eu-west-1'],
]);

/** An address without a zone lies in the first region. */
function regionOf({ zone }: Place): string {
  return regions.get(zone?.slice(0, 4) ?? 'use1') ?? '';
}

/** What a resolver in `ownZone` knows, from endpoints in the order that `isReversed` says. */
function reachIn(given: World, isReversed = false): Reach {
  const inOrder = <T>(all: readonly T[]) => (isReversed ? [...all].reverse() : all);
  const scopes = scopeNames.map((name) => {
    const scope = { ...hubScope, id: `${name}.self.us-east-1`, source: name };
    const endpoints = placesOf(given).flatMap((one, index) => {
      const addresses = [{ ip: one.ip, region: regionOf(one), zoneId: one.zone }];
      const { weight, port } = one;
      return one.scope === name
        ? [endpointOf({ id: `vpce-${index}`, scopeId: scope.id, createdAtMs: index, weight, port, addresses })]
        : [];
    });
    return knownScope(inOrder(endpoints), [], scope);
  });
  const route = resolveRoutes(snapshotOf(...inOrder(scopes)), given.ownZone).get('sd2');
  if (!route) throw new Error('the test resolves nothing');
  const down = new Set(placesOf(given).flatMap(({ ip, port, isDown }) => (isDown ? [`${ip} ${port}`] : [])));
  const seenOf = (key: string) => ({ observedAtMs: key.startsWith('old') ? given.seenMs.old : given.seenMs.new });
  return liveReach(route, { seenOf, down }, undefined);
}

type Said = { readonly ip: string; readonly port: number; readonly weight: number; readonly priority: number };

/** What a client hears, read by dns-packet. */
function heard(given: World, reach: Reach, type: 'SRV' | 'A' | 'AAAA', transport: Transport = 'tcp') {
  const query = readQuery(queryOf('_http._tcp.sd2.privatelink.internal', type)) as Query;
  const { isZonal, sinceMs } = given;
  const options = { suffix: ['privatelink', 'internal'], reachOf: () => reach, isZonal, sinceMs };
  const answered = answerTo(query, options);
  if (!answered) throw new Error('somebody else would be asked');
  const most = limitOf(query, transport);
  const { bytes } = writeReply(query, answered, { most, isPartFine: transport === 'tcp', isForwarding: false });
  expect(bytes.length).toBeLessThanOrEqual(most);
  const { answers, flag_tc: isCut, rcode } = readAnswer(bytes);
  return { rcode, isCut, data: answers.map((one) => one.data) };
}

function srvOf(given: World, reach = reachIn(given)): readonly Said[] {
  return (heard(given, reach, 'SRV').data as { target: string; port: number; weight: number; priority: number }[]).map(
    ({ target: ip, ...more }) => ({ ip, ...more }),
  );
}

/**
 * The distance of a place: 0 is the own zone, 1 the own region, 2 elsewhere. Without an own zone,
 * or without affinity, all distances are equal. The discovered zones of the own region tell its
 * name.
 */
function distanceOf({ zone, ...one }: Place, { ownZone, isZonal, places }: World): number {
  if (!isZonal || ownZone === undefined) return 0;
  if (zone === ownZone) return 0;
  const [prefix] = ownZone.split('-');
  const home = places.some((other) => other.zone?.startsWith(`${prefix}-`)) && regions.get(prefix ?? '');
  return regionOf({ zone, ...one }) === home ? 1 : 2;
}

/** The tier that serves, and who may be a spare, nearest first. */
function expected(given: World): { readonly tier: readonly Place[]; readonly spares: readonly Place[] } {
  const fresh = freshOf(given);
  const live = fresh.filter(({ isDown }) => !isDown);
  // In panic all that are fresh serve: nobody is left who could be a spare.
  if (live.length === 0) return { tier: fresh, spares: [] };
  const nearest = Math.min(...live.map((one) => distanceOf(one, given)));
  const tier = fresh.filter((one) => distanceOf(one, given) === nearest);
  const spares = live.filter((one) => distanceOf(one, given) > nearest);
  return { tier, spares: [...spares].sort((a, b) => distanceOf(a, given) - distanceOf(b, given)) };
}

function freshOf(given: World): readonly Place[] {
  return placesOf(given).filter(({ scope }) => given.seenMs[scope] >= given.sinceMs);
}

const keyOf = ({ ip, port }: { readonly ip: string; readonly port: number }) => `${ip} ${port}`;

function placeAt(given: World, said: Said): Place {
  const found = placesOf(given).find((one) => keyOf(one) === keyOf(said));
  if (!found) throw new Error(`nobody is at ${keyOf(said)}`);
  return found;
}

/** The greatest number that divides both. */
function divisorOf(one: number, other: number): number {
  return other === 0 ? one : divisorOf(other, one % other);
}

const sumOf = (all: readonly { readonly weight: number }[]) => all.reduce((sum, { weight }) => sum + weight, 0);

it('an SRV answer ends with at most eight spares: alive, outside the tier, nearest first', () => {
  fc.assert(
    fc.property(world, (given) => {
      const { tier, spares } = expected(given);

      const said = srvOf(given);

      const [serving, others] = [said.slice(0, tier.length), said.slice(tier.length)];
      expect(serving.map(keyOf).sort()).toEqual(tier.map(keyOf).sort());
      expect(others).toHaveLength(Math.min(mostSpares, spares.length));
      const distances = others.map((one) => distanceOf(placeAt(given, one), given));
      expect(distances).toEqual(spares.slice(0, mostSpares).map((one) => distanceOf(one, given)));
      expect(spares.map(keyOf)).toEqual(expect.arrayContaining(others.map(keyOf)));
      expect(new Set(said.map(keyOf)).size).toBe(said.length);
    }),
    { numRuns: 500 },
  );
});

it('an SRV answer gives spares at most a thousandth of all weight, and the tier keeps its ratios', () => {
  fc.assert(
    fc.property(world, (given) => {
      const { tier } = expected(given);

      const said = srvOf(given);

      const [serving, others] = [said.slice(0, tier.length), said.slice(tier.length)];
      for (const { weight, priority } of said)
        expect([priority, Number.isInteger(weight) && weight >= 1]).toEqual([1, true]);
      const own = serving.map((one) => placeAt(given, one).weight);
      const [ofTier, divisor] = [sumOf(serving), own.reduce(divisorOf, 0)];
      const [first] = serving;
      for (const [index, { weight }] of serving.entries())
        expect(weight * (own[0] ?? 0)).toBe((first?.weight ?? 0) * (own[index] ?? 0));
      if (others.length === 0) return;
      const least = sumOf(own.map((weight) => ({ weight: weight / divisor })));
      for (const { weight } of others) {
        expect(weight / sumOf(said)).toBeLessThanOrEqual(1 / 1_000);
        // The tier's weights are multiples of the smallest whole numbers with the same ratios. The
        // next smaller multiple would be too small.
        expect(ofTier - least).toBeLessThan(1_000 * weight);
      }
    }),
    { numRuns: 500 },
  );
});

it('A and AAAA answers have no spares', () => {
  fc.assert(
    fc.property(world, (given) => {
      const { tier } = expected(given);
      const reach = reachIn(given);

      const [four, six] = (['A', 'AAAA'] as const).map((type) => heard(given, reach, type).data.map(String));

      const words = (ips: readonly string[] = []) => ips.map((ip) => wordsOf(ip)?.join()).sort();
      expect(words(four)).toEqual(words(tier.filter(({ is6 }) => !is6).map(({ ip }) => ip)));
      expect(words(six)).toEqual(words(tier.filter(({ is6 }) => is6).map(({ ip }) => ip)));
    }),
    { numRuns: 300 },
  );
});

it('an SRV answer has no spares in panic, without affinity, and when all are equally near', () => {
  fc.assert(
    fc.property(world, fc.constantFrom('panic', 'one place', 'no affinity', 'no zone'), (random, why) => {
      const { places } = random;
      const given: World = {
        panic: { ...random, places: places.map((one) => ({ ...one, isDown: true })) },
        'one place': { ...random, places: places.map((one) => ({ ...one, zone: 'use1-az1' as const })) },
        'no affinity': { ...random, isZonal: false },
        'no zone': { ...random, ownZone: undefined },
      }[why];
      const fresh = freshOf(given);

      const said = srvOf(given);

      expect(said.map(keyOf).sort()).toEqual(fresh.map(keyOf).sort());
    }),
    { numRuns: 300 },
  );
});

it('an answer by UDP is either complete, or truncated and empty', () => {
  fc.assert(
    fc.property(world, (given) => {
      const reach = reachIn(given);

      const byTcp = heard(given, reach, 'SRV', 'tcp');
      const byUdp = heard(given, reach, 'SRV', 'udp');

      expect([byTcp.isCut, byUdp.rcode]).toEqual([false, byTcp.rcode]);
      expect(byUdp.data).toEqual(byUdp.isCut ? [] : byTcp.data);
    }),
    { numRuns: 300 },
  );
});

it('resolvers with the same data return the same answer, for any order of discovery', () => {
  fc.assert(
    fc.property(world, (given) => {
      const [one, other] = [reachIn(given), reachIn(given, true)];

      expect(heard(given, other, 'SRV')).toEqual(heard(given, one, 'SRV'));
    }),
    { numRuns: 300 },
  );
});
