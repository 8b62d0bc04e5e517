import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { Endpoint, ScopeState } from '#core/model';
import type { Affinity } from '#deck/affinity';
import { endpointOf, hubScope, knownScope, unknownScope, west } from '../../support/builders';
import { createPasses, defaultPolicy } from '../../support/passes';

const affinity = fc.constantFrom<Affinity>('none', 'weighted', 'failover');

const endpoint: fc.Arbitrary<Endpoint> = fc
  .record({
    number: fc.integer({ min: 1, max: 6 }),
    domain: fc.constantFrom('sd1', 'sd2'),
    state: fc.constantFrom('available' as const, 'pending' as const, 'deleted' as const),
    weight: fc.constantFrom(0, 1, 100),
    zones: fc.subarray([1, 2, 3], { minLength: 1 }),
  })
  .map(({ number, zones, ...rest }) => {
    const isWest = number % 2 === 0;
    const [region, prefix] = isWest ? [west.region, 'usw2'] : [hubScope.region, 'use1'];
    return endpointOf({
      ...rest,
      id: `vpce-${number}`,
      scopeId: isWest ? west.id : hubScope.id,
      addresses: zones.map((zone) => ({ ip: `10.0.${zone}.${number}`, region, zoneId: `${prefix}-az${zone}` })),
    });
  });

/** Of each domain an endpoint that is always there. */
const others = ['sd1', 'sd2'].map((domain, index) =>
  endpointOf({
    id: `vpce-${9 + index}`,
    domain,
    addresses: [1, 2, 3].map((zone) => ({
      ip: `10.0.${zone}.${9 + index}`,
      region: 'us-east-1',
      zoneId: `use1-az${zone}`,
    })),
  }),
);

const round = fc.record({ affinity, endpoints: fc.array(endpoint, { maxLength: 6 }) });
const history = fc.array(round, { minLength: 1, maxLength: 5 });

function scopesOf(endpoints: readonly Endpoint[]): readonly [ScopeState, ScopeState] {
  const unique = [...new Map(endpoints.map((one) => [one.id, one])).values()];
  const of = (id: string) => unique.filter((one) => one.scopeId === id);
  return [knownScope(of(hubScope.id)), knownScope(of(west.id), [], west)];
}

/** Passes over one control plane, each with an affinity of its own. */
function createRounds() {
  const passes = createPasses({
    policy: { ...defaultPolicy, removeAfterAbsences: 1, removeAfterSeconds: 0, maxRemovePercent: 100 },
  });
  const pass = (next: Affinity, ...scopes: readonly ScopeState[]) => {
    Object.assign(passes.deps, { affinity: next });
    return passes.pass(...scopes);
  };
  return { ...passes, pass };
}

describe('affinity', () => {
  it('plans nothing after a plan was applied, for any affinity before', async () => {
    await fc.assert(
      fc.asyncProperty(history, async (rounds) => {
        const { plane, pass } = createRounds();
        for (const one of rounds) {
          await pass(one.affinity, ...scopesOf(one.endpoints));
          plane.writes.length = 0;
          await pass(one.affinity, ...scopesOf(one.endpoints));
          expect(plane.writes).toEqual([]);
        }
      }),
    );
  });

  it('leaves no entity behind when it ends', async () => {
    await fc.assert(
      fc.asyncProperty(history, async (rounds) => {
        const [changing, never] = [createRounds(), createRounds()];
        const last = [endpointOf({ id: 'vpce-8' }), endpointOf({ domain: 'sd1', id: 'vpce-9' })];
        for (const one of rounds) {
          await changing.pass(one.affinity, ...scopesOf(one.endpoints));
          await never.pass('none', ...scopesOf(one.endpoints));
        }
        await changing.pass('none', ...scopesOf([...last, ...(rounds.at(-1)?.endpoints ?? [])]));
        await never.pass('none', ...scopesOf([...last, ...(rounds.at(-1)?.endpoints ?? [])]));

        expect([...changing.plane.entities.keys()].sort()).toEqual([...never.plane.entities.keys()].sort());
      }),
    );
  });

  it('removes no target of an unknown scope, even from the upstream of a zone', async () => {
    let held = 0;
    await fc.assert(
      fc.asyncProperty(fc.constantFrom<Affinity>('weighted', 'failover'), history, async (mode, rounds) => {
        const { plane, pass } = createRounds();
        for (const one of rounds) await pass(mode, ...scopesOf(one.endpoints));
        const ofWest = () =>
          [...plane.entities.values()].filter((one) => one.tags.includes(`scope:${west.id}`)).map((one) => one.key);
        const before = ofWest();
        held += before.length;

        // Each domain keeps targets beside them, so that no upstream would lose its last.
        await pass(mode, knownScope(others), unknownScope([], west));
        await pass(mode, unknownScope(others), unknownScope([], west));

        expect(ofWest()).toEqual(expect.arrayContaining(before));
      }),
    );
    expect(held).toBeGreaterThan(50);
  });

  it('keeps the last target of every upstream when all endpoints are absent', async () => {
    await fc.assert(
      fc.asyncProperty(history, async (rounds) => {
        const { plane, pass } = createRounds();
        for (const one of rounds) await pass('weighted', ...scopesOf(one.endpoints));
        const filled = () => [
          ...new Set([...plane.entities.values()].filter((one) => one.kind === 'target').map((one) => one.parent)),
        ];
        const before = filled().sort();

        for (let count = 0; count < 3; count += 1) await pass('weighted', ...scopesOf([]));

        expect(filled().sort()).toEqual(before);
      }),
    );
  });
});
