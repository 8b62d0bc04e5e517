import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { Endpoint, EndpointState, Quarantined, ScopeState } from '#core/model';
import { claimedPathsOf } from '#deck/route-paths';
import { endpointOf, hubScope, knownScope, unknownScope, west } from '../../support/builders';
import { createPasses } from '../../support/passes';

const domains = ['a', 'b', 'c'] as const;
const states: readonly EndpointState[] = ['pending', 'pendingAcceptance', 'partial', 'rejected', 'deleted', 'unlisted'];
const paths = ['/a', '/b', '/c', '/a/x', '/shared'];

const endpoint: fc.Arbitrary<Endpoint> = fc
  .record({
    number: fc.integer({ min: 1, max: 6 }),
    state: fc.oneof({ weight: 3, arbitrary: fc.constant('available' as const) }, fc.constantFrom(...states)),
    createdAtMs: fc.integer({ min: 1, max: 4 }),
    paths: fc.uniqueArray(fc.constantFrom(...paths), { maxLength: 2 }),
    isGranted: fc.boolean(),
  })
  .map(({ number, isGranted, ...rest }) =>
    endpointOf({
      ...rest,
      id: `vpce-${number}`,
      // An endpoint stays with its domain, so that passes meet it again among others, or in another
      // state.
      domain: domains[number % 3] ?? 'a',
      grantedPaths: isGranted ? rest.paths : [],
      addresses: [{ ip: `10.0.0.${number}`, region: 'us-east-1' }],
    }),
  );

const unusable: fc.Arbitrary<Quarantined> = fc
  .record({ number: fc.integer({ min: 7, max: 8 }), domain: fc.constantFrom(...domains) })
  .map(({ number, domain }) => {
    return { endpointId: `vpce-${number}`, scopeId: hubScope.id, domain, code: 'bad-tag', reason: 'x', fix: 'y' };
  });

/** The view of one pass: one scope is read, and the other may be known only from before. */
const sight = fc
  .record({
    endpoints: fc.uniqueArray(endpoint, { selector: ({ id }) => id, maxLength: 6 }),
    quarantined: fc.array(unusable, { maxLength: 1 }),
    isWestUnknown: fc.boolean(),
  })
  .map(({ endpoints, quarantined, isWestUnknown }) => {
    const westerly = endpoints.filter(({ id }) => Number(id.slice(5)) > 4).map((one) => ({ ...one, scopeId: west.id }));
    const rest = endpoints.filter(({ id }) => Number(id.slice(5)) <= 4);
    return { known: knownScope(rest, quarantined), west: westOf(westerly, isWestUnknown), endpoints, quarantined };
  });

function westOf(endpoints: readonly Endpoint[], isUnknown: boolean): ScopeState {
  return isUnknown ? unknownScope(endpoints, west) : knownScope(endpoints, [], west);
}

type Sight = typeof sight extends fc.Arbitrary<infer T> ? T : never;

/** The domains of each path in their routes. */
function holders({ plane }: Pick<ReturnType<typeof createPasses>, 'plane'>): ReadonlyMap<string, readonly string[]> {
  const routes = [...plane.entities.values()].filter(({ kind }) => kind === 'route');
  const pairs = routes.flatMap((one) => (claimedPathsOf(one) ?? []).map((path) => ({ path, domain: one.domain })));
  return new Map(pairs.map(({ path }) => [path, pairs.filter((one) => one.path === path).map(({ domain }) => domain)]));
}

/** Domains with an endpoint that is not gone, or an entity in the control plane. */
function present(before: ReturnType<typeof createPasses>['plane'], { endpoints, quarantined }: Sight) {
  const alive = endpoints.filter(({ state }) => state !== 'rejected' && state !== 'deleted');
  const held = [...before.entities.values()];
  return new Set([...alive, ...quarantined, ...held].map(({ domain }) => domain));
}

describe('paths over passes', () => {
  it('fm-47 never have two routes, and stay with a domain until the domain gives them up', async () => {
    let moves = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(sight, { minLength: 2, maxLength: 5 }), async (sights) => {
        const passes = createPasses();
        for (const seen of sights) {
          const before = holders(passes);
          await passes.pass(seen.known, seen.west);
          const after = holders(passes);
          for (const [path, [, ...others]] of after) expect({ path, others }).toEqual({ path, others: [] });
          for (const [path, [former]] of before) {
            if (after.get(path)?.[0] === former) continue;
            moves += 1;
            const own = seen.endpoints.filter(({ domain, state }) => domain === former && state === 'available');
            expect(own.some((one) => !(one.paths.length > 0 ? one.paths : [`/${former}`]).includes(path))).toBe(true);
          }
        }
      }),
      { numRuns: 300 },
    );
    expect(moves).toBeGreaterThan(5);
  });

  it('fm-47 are kept for the domain of their name while they are free', async () => {
    let kept = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(sight, { minLength: 1, maxLength: 4 }), async (sights) => {
        const passes = createPasses();
        for (const seen of sights) {
          const before = holders(passes);
          const names = present(passes.plane, seen);
          await passes.pass(seen.known, seen.west);
          const after = holders(passes);
          for (const name of names) {
            if (before.has(`/${name}`)) continue;
            kept += 1;
            expect([[], [name]]).toContainEqual(after.get(`/${name}`) ?? []);
          }
        }
      }),
      { numRuns: 300 },
    );
    expect(kept).toBeGreaterThan(100);
  });

  it('fm-47 go to the same domains for any order of endpoints and scopes', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(sight, { minLength: 1, maxLength: 3 }), async (sights) => {
        const [straight, turned] = [createPasses(), createPasses()];
        for (const { known, west: other } of sights) {
          await straight.pass(known, other);
          await turned.pass(reversed(other), reversed(known));

          expect(new Map(holders(turned))).toEqual(new Map(holders(straight)));
        }
      }),
      { numRuns: 100 },
    );
  });
});

function reversed(state: ScopeState): ScopeState {
  if (state.status === 'unknown') return state;
  const { endpoints, quarantined } = state.discovered;
  return { ...state, discovered: { endpoints: [...endpoints].reverse(), quarantined: [...quarantined].reverse() } };
}
