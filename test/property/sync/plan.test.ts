import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { Endpoint, EndpointState, ScopeState } from '#core/model';
import { renderText } from '#deck/file/write';
import { planOnce } from '#sync/pass/plan-once';
import { brake } from '#sync/plan/removals/brake';
import { endpointOf, knownScope, unknownScope, west } from '../../support/builders';
import { createPasses, defaultPolicy } from '../../support/passes';

const states: readonly EndpointState[] = [
  'available',
  'pending',
  'pendingAcceptance',
  'partial',
  'rejected',
  'failed',
  'deleting',
  'deleted',
  'unlisted',
];

const endpoint: fc.Arbitrary<Endpoint> = fc
  .record({
    number: fc.integer({ min: 1, max: 8 }),
    domain: fc.constantFrom('sd1', 'sd2', 'egress'),
    state: fc.oneof({ weight: 4, arbitrary: fc.constant('available' as const) }, fc.constantFrom(...states)),
    createdAtMs: fc.integer({ min: 1, max: 4 }),
    protocol: fc.constantFrom('http' as const, 'https' as const),
    paths: fc.constantFrom([], [], ['/shared'], ['/sd2/x']),
    weight: fc.constantFrom(0, 50, 100),
    zones: fc.subarray([1, 2, 3]),
  })
  .map(({ number, zones, ...rest }) =>
    endpointOf({
      ...rest,
      id: `vpce-${number}`,
      host: rest.protocol === 'https' ? 'api.example' : undefined,
      addresses: zones.map((zone) => ({ ip: `10.0.${zone}.${number}`, region: 'us-east-1', zoneId: `use1-az${zone}` })),
    }),
  );

function isWest(one: Endpoint): boolean {
  return Number(one.id.slice(5)) % 2 === 0;
}

function westerlyOf(endpoints: readonly Endpoint[]): readonly Endpoint[] {
  return endpoints.filter(isWest).map((one) => ({ ...one, scopeId: west.id }));
}

function scopesOf(endpoints: readonly Endpoint[]): readonly ScopeState[] {
  const unique = [...new Map(endpoints.map((one) => [one.id, one])).values()];
  return [knownScope(unique.filter((one) => !isWest(one))), knownScope(westerlyOf(unique), [], west)];
}

/** With fewer addresses held, the brake may refuse less in the second pass than in the first. */
const withoutBrake = { policy: { ...defaultPolicy, maxRemovePercent: 100 } };

const round = fc.array(endpoint, { maxLength: 8 });
const history = fc.array(round, { minLength: 1, maxLength: 4 });

/** Endpoints, and the same in another order. */
const ordered = fc
  .uniqueArray(endpoint, { selector: ({ id }) => id, maxLength: 8 })
  .chain((all) => fc.tuple(fc.constant(all), fc.shuffledSubarray(all, { minLength: all.length })));

describe('planning', () => {
  it('plans nothing after a plan was applied', async () => {
    await fc.assert(
      fc.asyncProperty(history, async (rounds) => {
        const { plane, pass } = createPasses(withoutBrake);
        for (const round of rounds) {
          await pass(...scopesOf(round));
          plane.writes.length = 0;
          await pass(...scopesOf(round));
          expect(plane.writes).toEqual([]);
        }
      }),
    );
  });

  it('returns the same plan and the same file for any order of endpoints and scopes', async () => {
    await fc.assert(
      fc.asyncProperty(history, ordered, async (rounds, [straight, shuffled]) => {
        const passes = createPasses();
        for (const round of rounds) await passes.pass(...scopesOf(round));
        const planFrom = async (scopes: readonly ScopeState[]) => {
          const deps = { ...passes.deps, discover: async () => ({ takenAtMs: 1, scopes }) };
          const { outcome, report } = await planOnce(deps, new AbortController().signal);
          const { scopes: _, quarantined, ...rest } = report;
          return { text: renderText(outcome, { owner: 'test' }), refused: new Set(quarantined), ...rest };
        };

        expect(await planFrom([...scopesOf(shuffled)].reverse())).toEqual(await planFrom(scopesOf(straight)));
      }),
      { numRuns: 40 },
    );
  });

  it('renders the same file before and after its plan was applied', async () => {
    await fc.assert(
      fc.asyncProperty(history, async (rounds) => {
        const passes = createPasses(withoutBrake);
        const render = async (scopes: readonly ScopeState[]) => {
          const deps = { ...passes.deps, discover: async () => ({ takenAtMs: 1, scopes }) };
          return renderText((await planOnce(deps, new AbortController().signal)).outcome, { owner: 'test' });
        };
        for (const round of rounds) {
          const before = await render(scopesOf(round));
          await passes.pass(...scopesOf(round));
          expect(await render(scopesOf(round))).toBe(before);
        }
      }),
      { numRuns: 40 },
    );
  });

  it('fm-02 removes no target of an unknown scope, for any last answer of the scope', async () => {
    let held = 0;
    await fc.assert(
      fc.asyncProperty(history, round, fc.option(round, { nil: undefined }), async (rounds, last, lastGood) => {
        const { plane, pass } = createPasses({
          policy: { ...defaultPolicy, removeAfterAbsences: 1, removeAfterSeconds: 0, maxRemovePercent: 100 },
        });
        for (const one of rounds) await pass(...scopesOf(one));
        const ofWest = () =>
          [...plane.entities.values()].filter((one) => one.tags.includes(`scope:${west.id}`)).map((one) => one.key);
        const before = ofWest();
        held += before.length;
        const [east = unknownScope()] = scopesOf(last);
        const unread = unknownScope(lastGood && westerlyOf(lastGood), west);

        await pass(east, unread);
        await pass(unknownScope([]), unread);

        for (const key of before) expect(plane.entities.has(`target:${key}`)).toBe(true);
      }),
    );
    expect(held).toBeGreaterThan(50);
  });

  it('fm-01 never empties a domain because its endpoints are absent', async () => {
    await fc.assert(
      fc.asyncProperty(history, async (rounds) => {
        const { plane, pass, clock } = createPasses();
        for (const round of rounds) await pass(...scopesOf(round));
        const upstreams = () =>
          new Set([...plane.entities.values()].filter((one) => one.kind === 'target').map((one) => one.parent));
        const before = upstreams();

        for (let round = 0; round < 5; round += 1) {
          clock.advance(100_000);
          await pass(knownScope([]), knownScope([], [], west));
        }

        expect(upstreams()).toEqual(before);
      }),
    );
  });

  it('brakes a plan with more removals if it brakes a plan with fewer', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 60 }),
        fc.integer({ min: 0, max: 60 }),
        fc.integer({ min: 0, max: 100 }),
        (held, removed, maxRemovePercent) => {
          const targets = Array.from({ length: held }, (_, index) => ({
            kind: 'target' as const,
            key: `u|10.0.0.${index}:80`,
            domain: 'd',
            id: `${index}`,
            fields: {},
            tags: [],
          }));
          const refusedFor = (count: number) =>
            brake(
              targets.slice(0, count).map((one) => ({ ...one, action: 'delete' as const, reason: '' })),
              targets,
              { ...defaultPolicy, maxRemovePercent },
            ).withheld !== undefined;
          expect(refusedFor(removed) && !refusedFor(removed + 1) && removed < held).toBe(false);
        },
      ),
    );
  });
});
