import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { DomainSettings, Endpoint, ScopeState } from '#core/model';
import type { Affinity } from '#deck/affinity';
import { type HeldEntity, nameOf, parentNameOf } from '#deck/document';
import { type Revision, revisionOf } from '#deck/revision';
import { isNameTarget } from '#deck/via';
import type { PassDependencies, StageMemory } from '#sync/pass/plan-once';
import { planPass } from '#sync/pass/plan-pass';
import { endpointOf, hubScope, knownScope, scopeIdOf, unknownScope, west } from '../../support/builders';
import { createMemoryCloudMap } from '../../support/control-planes/memory-cloud-map';
import { createPasses, defaultPolicy } from '../../support/passes';

const endpoint: fc.Arbitrary<Endpoint> = fc
  .record({
    number: fc.integer({ min: 1, max: 6 }),
    domain: fc.constantFrom('sd2', 'sd2', 'sd3'),
    state: fc.constantFrom('available', 'available', 'available', 'pending', 'rejected', 'deleted'),
    port: fc.constantFrom(80, 80, 8080),
    weight: fc.constantFrom(0, 100),
    zones: fc.subarray([1, 2], { minLength: 1 }),
  })
  .map(({ number, zones, ...rest }) =>
    endpointOf({
      ...rest,
      id: `vpce-${number}`,
      scopeId: scopeIdOf(number),
      addresses: zones.map((zone) => ({ ip: `10.0.${zone}.${number}`, region: 'us-east-1', zoneId: `use1-az${zone}` })),
    }),
  );

const zonePlugin = { name: 'privatelink-zone', config: {} };
const limit = { name: 'rate-limiting', config: { minute: 60 } };
const settings: fc.Arbitrary<DomainSettings> = fc.record(
  { route: fc.boolean(), plugins: fc.constantFrom([], [limit], [limit, zonePlugin]) },
  { requiredKeys: [] },
);

const round = fc.record({
  via: fc.constantFrom('addresses', 'addresses', 'resolver'),
  suffix: fc.constantFrom('privatelink.internal', 'other.internal'),
  affinity: fc.constantFrom<Affinity>('none', 'weighted', 'failover'),
  mode: fc.constantFrom('sync', 'sync', 'upsert-only'),
  settings,
  endpoints: fc.uniqueArray(endpoint, { selector: ({ id }) => id, maxLength: 6 }),
  isWestAway: fc.boolean(),
  /** Goes back to what ran in that round, where there was one. */
  pin: fc.option(fc.nat(4), { nil: undefined, freq: 3 }),
});
type Round = typeof round extends fc.Arbitrary<infer R> ? R : never;

const history = fc.array(round, { minLength: 2, maxLength: 6 });
const protect = fc.subarray(
  [
    'sd2',
    'route:sd2',
    'plugin:sd2|rate-limiting',
    'service:sd2',
    'upstream:sd2.privatelink',
    'upstream:use1-az1.sd2.privatelink',
    'target:sd2.privatelink|10.0.1.1:80',
    'target:use1-az1.sd2.privatelink|10.0.1.1:80',
    'target:sd2.privatelink|_http._tcp.sd2.privatelink.internal:80',
  ],
  { minLength: 1, maxLength: 3 },
);

function scopesOf({ endpoints, isWestAway }: Round): readonly ScopeState[] {
  const of = (id: string) => endpoints.filter((one) => one.scopeId === id);
  return [knownScope(of(hubScope.id)), isWestAway ? unknownScope([], west) : knownScope(of(west.id), [], west)];
}

/**
 * Passes with their own configuration over one control plane, which may be pinned to a former
 * revision.
 */
function createRounds(entries: readonly string[]) {
  const cloudMap = createMemoryCloudMap();
  const ran: Revision[] = [];
  let pinnedTo: Revision | undefined;
  const memory: StageMemory = {
    base: [],
    readPin: async () => ({
      warnings: [],
      pinned: pinnedTo && { revision: pinnedTo, isFromAnother: () => true, isByTag: false, controlPlane: plane },
    }),
    readHold: async () => undefined,
    begin: async () => [],
    end: async () => [],
    rendered: async () => [],
  };
  const plan: PassDependencies['plan'] = (snapshot, input) => {
    const planned = planPass(snapshot, input);
    const { held, affinity = 'none' } = input;
    ran.push(revisionOf({ desired: planned.newest, held, affinity, base: [] }));
    return planned;
  };
  const { plane, deps, ...passes } = createPasses({ memory, plan, publications: [cloudMap.publication] });
  let lasting: readonly ScopeState[] = [];
  const pass = (one: Round) => {
    const { via, suffix, affinity, mode, settings: sd2, pin } = one;
    pinnedTo = pin === undefined ? undefined : ran[pin];
    lasting = scopesOf(one);
    const policy = { ...defaultPolicy, removeAfterAbsences: 1, removeAfterSeconds: 0, maxRemovePercent: 100, mode };
    Object.assign(deps, { via: { via, suffix }, affinity, policy, settings: { sd2 }, protect: entries });
    return passes.pass(...lasting);
  };
  const again = () => passes.pass(...lasting);
  return { plane, cloudMap, pass, again, held: () => [...plane.entities.values()] };
}

/**
 * The entities that must stay: listed ones, all of a listed domain, and all below a listed entity.
 */
function isListed(entries: readonly string[], one: HeldEntity): boolean {
  return [one.domain, nameOf(one), parentNameOf(one)].some((name) => name !== undefined && entries.includes(name));
}

describe('protect', () => {
  it('deletes a protected entity only when AWS reports it as gone, after any history', async () => {
    let stayed = 0;
    await fc.assert(
      fc.asyncProperty(protect, history, async (entries, rounds) => {
        const { cloudMap, pass, held } = createRounds(entries);
        for (const one of rounds) {
          const before = held().filter((entity) => isListed(entries, entity));
          const instances = entries.includes('sd2') ? [...cloudMap.instances.keys()] : [];
          const { changes, kept, publications = [] } = await pass(one);
          const confirmed = [...changes, ...publications.flatMap((each) => each.changes)].filter(
            (change) => change.action === 'delete' && change.isConfirmed,
          );
          stayed += kept.filter(({ entry }) => entry !== undefined).length;

          const left = new Set([...held(), ...confirmed].map(nameOf));
          expect(before.map(nameOf).filter((name) => !left.has(name))).toEqual([]);
          const gone = new Set(confirmed.map(({ id }) => id));
          expect(instances.filter((id) => !cloudMap.instances.has(id) && !gone.has(id))).toEqual([]);
        }
      }),
      { numRuns: 300 },
    );
    expect(stayed).toBeGreaterThan(100);
  });

  it('plans nothing after a plan was applied', async () => {
    await fc.assert(
      fc.asyncProperty(protect, history, async (entries, rounds) => {
        const { plane, cloudMap, pass, again } = createRounds(entries);
        for (const one of rounds) {
          const { changes } = await pass(one);
          // An entity that stayed only for a target, which AWS reports as gone, leaves in the next
          // pass.
          if (changes.some((change) => change.action === 'delete' && change.isConfirmed)) await again();
          plane.writes.length = 0;
          cloudMap.writes.length = 0;

          await again();

          expect([...plane.writes, ...cloudMap.writes]).toEqual([]);
        }
      }),
      { numRuns: 150 },
    );
  });

  it('never leaves a name target under least-connections', async () => {
    await fc.assert(
      fc.asyncProperty(protect, history, async (entries, rounds) => {
        const { pass, held } = createRounds(entries);
        for (const one of rounds) {
          await pass(one);
          const named = new Set(
            held()
              .filter(isNameTarget)
              .map(({ parent }) => parent),
          );
          const wrong = held().filter(({ key, fields }) => named.has(key) && fields.algorithm !== 'round-robin');
          expect(wrong).toEqual([]);
        }
      }),
      { numRuns: 150 },
    );
  });
});
