import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { Endpoint } from '#core/model';
import type { Affinity } from '#deck/affinity';
import type { HeldEntity } from '#deck/document';
import { isNameTarget } from '#deck/via';
import type { PassDependencies } from '#sync/pass/plan-once';
import type { Change } from '#sync/plan/changes';
import { awayStates, endpointOf, scopeIdOf, twoScopes, west } from '../../support/builders';
import { createPasses, defaultPolicy } from '../../support/passes';

const endpoint: fc.Arbitrary<Endpoint> = fc
  .record({
    number: fc.integer({ min: 1, max: 6 }),
    domain: fc.constantFrom('sd1', 'sd2'),
    state: fc.constantFrom('available', 'available', 'available', 'pending', 'deleted'),
    port: fc.constantFrom(80, 80, 8080),
    zones: fc.subarray([1, 2, 3], { minLength: 1 }),
  })
  .map(({ number, zones, ...rest }) =>
    endpointOf({
      ...rest,
      id: `vpce-${number}`,
      scopeId: scopeIdOf(number),
      addresses: zones.map((zone) => ({ ip: `10.0.${zone}.${number}`, region: 'us-east-1', zoneId: `use1-az${zone}` })),
    }),
  );

const via = fc.record({
  via: fc.constantFrom('addresses' as const, 'resolver' as const),
  suffix: fc.constantFrom('privatelink.internal', 'other.internal'),
});

const round = fc.record({
  via,
  affinity: fc.constantFrom<Affinity>('none', 'weighted'),
  mode: fc.constantFrom('sync' as const, 'upsert-only' as const),
  endpoints: fc.uniqueArray(endpoint, { selector: ({ id }) => id, maxLength: 6 }),
  away: fc.constantFrom(...awayStates),
});
type Round = typeof round extends fc.Arbitrary<infer R> ? R : never;

const history = fc.array(round, { minLength: 1, maxLength: 6 });

/** Passes over one control plane, which tell what it holds after each write. */
function createRounds(over: Partial<PassDependencies> = {}) {
  const passes = createPasses(over);
  const { plane } = passes;
  const write = plane.write;
  const after: { readonly change: Change; readonly held: readonly HeldEntity[] }[] = [];
  Object.assign(passes.deps, {
    concurrency: 1,
    controlPlane: {
      ...plane,
      write: async (change: Change, signal: AbortSignal) => {
        await write(change, signal);
        after.push({ change, held: [...plane.entities.values()] });
      },
    },
  });
  const pass = ({ via: next, affinity, mode, endpoints, away }: Round) => {
    Object.assign(passes.deps, { via: next, affinity, policy: { ...defaultPolicy, ...over.policy, mode } });
    return passes.pass(...twoScopes(endpoints, away));
  };
  const held = () => [...plane.entities.values()];
  return { ...passes, pass, after, held };
}

const own = (held: readonly HeldEntity[]) =>
  held.filter(({ kind, parent, domain }) => kind === 'target' && parent === `${domain}.privatelink`);
const domainsOf = (held: readonly HeldEntity[]) => new Set(own(held).map((one) => one.domain));

describe('via', () => {
  it('fm-76 leaves a target in each domain, and no name under least-connections, after each write', async () => {
    let switches = 0;
    await fc.assert(
      fc.asyncProperty(history, async (rounds) => {
        const { pass, after, held } = createRounds();
        for (const one of rounds) {
          const before = domainsOf(held());
          after.length = 0;
          const { changes } = await pass(one);
          const ended = new Set(changes.flatMap(({ isConfirmed, domain }) => (isConfirmed ? [domain] : [])));
          switches += changes.filter(({ reason }) => reason.startsWith('replaced')).length;
          for (const { held: now, change } of after) {
            const lost = [...before].filter((domain) => !domainsOf(now).has(domain) && !ended.has(domain));
            expect({ change, lost }).toEqual({ change, lost: [] });
            const named = new Set(
              own(now)
                .filter(isNameTarget)
                .map((target) => target.parent),
            );
            const wrong = now.filter(
              ({ kind, key, fields }) => kind === 'upstream' && named.has(key) && fields.algorithm !== 'round-robin',
            );
            expect({ change, wrong }).toEqual({ change, wrong: [] });
          }
        }
      }),
      { numRuns: 300 },
    );
    expect(switches).toBeGreaterThan(100);
  });

  it('fm-75 removes no form from a domain while one of its scopes is unknown', async () => {
    let waited = 0;
    await fc.assert(
      fc.asyncProperty(history, async (rounds) => {
        const { pass, held } = createRounds();
        for (const one of rounds) {
          const before = own(held());
          const uncertain = new Set(
            before.filter(({ tags }) => tags.includes(`scope:${west.id}`)).map((target) => target.domain),
          );
          const { kept } = await pass(one);
          waited += kept.filter(({ reason }) => reason.includes('waits')).length;
          if (one.away === 'none') continue;
          const now = own(held());
          const formsOf = (targets: readonly HeldEntity[], domain: string) =>
            new Set(
              targets
                .filter((target) => target.domain === domain)
                .map((target) => (isNameTarget(target) ? target.key : 'addresses')),
            );
          for (const domain of uncertain)
            expect([...formsOf(now, domain)]).toEqual(expect.arrayContaining([...formsOf(before, domain)]));
        }
      }),
      { numRuns: 300 },
    );
    expect(waited).toBeGreaterThan(30);
  });

  it('fm-76 withholds no change of a switch', async () => {
    const policy = { ...defaultPolicy, maxRemovePercent: 0 };
    await fc.assert(
      fc.asyncProperty(
        fc.array(via, { minLength: 2, maxLength: 4 }),
        fc.integer({ min: 10, max: 20 }),
        async (vias, count) => {
          const { pass } = createRounds({ policy });
          const endpoints = Array.from({ length: count }, (_, index) =>
            endpointOf({ id: `vpce-a${index}`, addresses: [{ ip: `10.0.9.${index}`, region: 'us-east-1' }] }),
          );
          for (const next of vias) {
            const { withheld } = await pass({ via: next, affinity: 'none', mode: 'sync', endpoints, away: 'none' });
            expect(withheld).toBeUndefined();
          }
        },
      ),
      { numRuns: 50 },
    );
  });

  it('plans nothing after a plan was applied, for any form before', async () => {
    await fc.assert(
      fc.asyncProperty(history, async (rounds) => {
        const { pass, plane } = createRounds({
          policy: { ...defaultPolicy, removeAfterAbsences: 1, removeAfterSeconds: 0, maxRemovePercent: 100 },
        });
        for (const one of rounds) {
          await pass(one);
          // What came of absences may be gone by the next one.
          await pass(one);
          plane.writes.length = 0;
          await pass(one);
          expect(plane.writes).toEqual([]);
        }
      }),
      { numRuns: 150 },
    );
  });

  it('leaves the same entities after a switch back as without any switch', async () => {
    await fc.assert(
      fc.asyncProperty(history, async (rounds) => {
        const all = rounds.map((one): Round => ({ ...one, away: 'none', mode: 'sync' }));
        const last = endpointOf({ id: 'vpce-8', port: 80 });
        const other = endpointOf({ id: 'vpce-9', domain: 'sd1', port: 80 });
        const back = { via: 'addresses', suffix: 'other.internal' } as const;
        const policy = { ...defaultPolicy, maxRemovePercent: 100 };
        const [changing, never] = [createRounds({ policy }), createRounds({ policy })];
        for (const one of all) {
          await changing.pass(one);
          await never.pass({ ...one, via: back, affinity: 'none' });
        }
        for (let count = 0; count < 5; count += 1)
          for (const rounds of [changing, never]) {
            rounds.clock.advance(100_000);
            await rounds.pass({ via: back, affinity: 'none', mode: 'sync', away: 'none', endpoints: [last, other] });
          }

        const textOf = (entities: readonly HeldEntity[]) =>
          entities.map(({ kind, key, fields }) => `${kind} ${key} ${fields.algorithm} ${fields.weight}`).sort();
        expect(textOf(changing.held())).toEqual(textOf(never.held()));
      }),
      { numRuns: 150 },
    );
  });
});
