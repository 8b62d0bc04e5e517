import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { Endpoint, EndpointState } from '#core/model';
import { endpointOf, knownScope, unknownScope } from '../../support/builders';
import { createMemoryCloudMap } from '../../support/control-planes/memory-cloud-map';
import { createPasses } from '../../support/passes';

const states: readonly EndpointState[] = ['available', 'pending', 'partial', 'rejected', 'deleted', 'unlisted'];

const endpoint: fc.Arbitrary<Endpoint> = fc
  .record({
    number: fc.integer({ min: 1, max: 6 }),
    domain: fc.constantFrom('sd2', 'sd3'),
    state: fc.constantFrom(...states),
    weight: fc.constantFrom(0, 50, 100),
    zones: fc.subarray([1, 2, 3]),
  })
  .map(({ number, zones, ...rest }) =>
    endpointOf({
      ...rest,
      id: `vpce-${number}`,
      addresses: zones.map((zone) => ({ ip: `10.0.${zone}.${number}`, region: 'us-east-1', zoneId: `use1-az${zone}` })),
    }),
  );

const round = fc.uniqueArray(endpoint, { maxLength: 6, selector: ({ id }) => id });
const history = fc.array(round, { minLength: 1, maxLength: 4 });

function createWorld() {
  const cloudMap = createMemoryCloudMap();
  return { cloudMap, ...createPasses({ publications: [cloudMap.publication] }) };
}

describe('publishing', () => {
  it('fm-16 writes nothing in a second pass', async () => {
    await fc.assert(
      fc.asyncProperty(history, async (rounds) => {
        const { cloudMap, pass } = createWorld();
        for (const endpoints of rounds) {
          await pass(knownScope(endpoints));
          cloudMap.writes.length = 0;

          await pass(knownScope(endpoints));

          expect(cloudMap.writes).toEqual([]);
        }
      }),
    );
  });

  it('fm-02 deregisters nothing as long as the scope is unknown', async () => {
    await fc.assert(
      fc.asyncProperty(history, fc.boolean(), async (rounds, isRemembered) => {
        const { cloudMap, clock, pass } = createWorld();
        for (const endpoints of rounds) await pass(knownScope(endpoints));
        const before = [...cloudMap.instances.keys()];

        for (const _ of [1, 2, 3, 4]) {
          clock.advance(600_000);
          await pass(unknownScope(isRemembered ? rounds.at(-1) : undefined));
        }

        expect([...cloudMap.instances.keys()]).toEqual(expect.arrayContaining(before));
      }),
    );
  });

  it("registers exactly the addresses in the control plane's upstream", async () => {
    await fc.assert(
      fc.asyncProperty(history, async (rounds) => {
        const { cloudMap, plane, pass } = createWorld();
        for (const endpoints of rounds) await pass(knownScope(endpoints));

        const published = [...cloudMap.instances.values()].map((one) => `${one.get('AWS_INSTANCE_IPV4')}:80`);
        const targets = [...plane.entities.values()].filter((one) => one.parent === 'sd2.privatelink');

        expect(published.sort()).toEqual(
          targets
            .filter((one) => one.kind === 'target')
            .map(({ fields }) => fields.target)
            .sort(),
        );
      }),
    );
  });
});
