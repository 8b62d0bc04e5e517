import type { NetworkInterface, VpcEndpoint } from '@aws-sdk/client-ec2';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { createDiscoverer } from '#discovery/discover';
import {
  answerWith,
  createMockEc2,
  endpointAnswer,
  interfaceAnswer,
  sourceOver,
} from '../../support/aws/vpc-endpoints';
import { createFakeClock } from '../../support/passes';
import { firstOf } from '../../support/sources';

const signal = new AbortController().signal;
const mock = createMockEc2();
const source = sourceOver(mock);

/** One account and region of AWS: endpoints with unique ids, and all their interfaces. */
type Estate = { readonly endpoints: readonly VpcEndpoint[]; readonly interfaces: readonly NetworkInterface[] };

const tagValue = fc.oneof(fc.constantFrom('', '80', '/', '/todo', 'https', 'test', 'other'), fc.string());

const endpoint = fc
  .record({
    number: fc.integer({ min: 1, max: 9 }),
    state: fc.constantFrom('Available', 'Pending', 'PendingAcceptance', 'Partial', 'Rejected', 'Deleting' as const),
    tags: fc.dictionary(fc.constantFrom('protocol', 'port', 'host', 'path', 'weight', 'gateway'), tagValue),
    domain: fc.oneof(fc.constantFrom('sd1', 'sd2'), fc.string()),
    zones: fc.uniqueArray(fc.integer({ min: 1, max: 3 })),
    isDated: fc.boolean(),
  })
  .map(({ number, state, tags, domain, zones, isDated }) =>
    endpointAnswer(`vpce-${number}`, {
      State: state,
      CreationTimestamp: isDated ? new Date(number) : undefined,
      NetworkInterfaceIds: zones.map((zone) => `eni-${zone}-${number}`),
      Tags: Object.entries({ domain, ...tags }).map(([key, Value]) => ({ Key: `kong:${key}`, Value })),
    }),
  );

const estate: fc.Arbitrary<Estate> = fc
  .uniqueArray(endpoint, { selector: ({ VpcEndpointId }) => VpcEndpointId, maxLength: 9 })
  .map((endpoints) => ({
    endpoints,
    interfaces: endpoints
      .flatMap(({ NetworkInterfaceIds }) => NetworkInterfaceIds ?? [])
      .map((id) => {
        const [, zone, number] = id.split('-');
        return interfaceAnswer(id, `10.0.${zone}.${number}`, { AvailabilityZoneId: `use1-az${zone}` });
      }),
  }));

/** The endpoints in another order, some of them twice, cut into pages. */
function pagesOf(endpoints: readonly VpcEndpoint[]): fc.Arbitrary<readonly (readonly VpcEndpoint[])[]> {
  const all = [...endpoints];
  return fc
    .tuple(fc.shuffledSubarray(all, { minLength: all.length }), fc.subarray(all), fc.integer({ min: 1, max: 4 }))
    .map(([shuffled, repeated, size]) => {
      const listed = [...shuffled, ...repeated];
      const count = Math.max(1, Math.ceil(listed.length / size));
      return Array.from({ length: count }, (_, index) => listed.slice(index * size, (index + 1) * size));
    });
}

const estateAndPages = estate.chain((one) => fc.record({ estate: fc.constant(one), pages: pagesOf(one.endpoints) }));

function read({ interfaces }: Estate, pages: readonly (readonly VpcEndpoint[])[]) {
  answerWith(mock, pages, interfaces);
  return firstOf(source).discover(signal);
}

describe('discovery', () => {
  it('fm-08 returns equal endpoints for any order, any number of pages, and repeated endpoints', async () => {
    await fc.assert(
      fc.asyncProperty(estateAndPages, async ({ estate: one, pages }) => {
        const straight = await read(one, [one.endpoints]);
        const shuffled = await read({ ...one, interfaces: [...one.interfaces].reverse() }, pages);

        expect(JSON.stringify(shuffled)).toBe(JSON.stringify(straight));
      }),
    );
  });

  it('fm-11 returns every endpoint once, either usable or in quarantine', async () => {
    await fc.assert(
      fc.asyncProperty(estateAndPages, async ({ estate: one, pages }) => {
        const { endpoints, quarantined } = await read(one, pages);

        const given = [...endpoints.map(({ id }) => id), ...quarantined.map(({ endpointId }) => endpointId)];
        expect(given.sort()).toEqual(one.endpoints.map(({ VpcEndpointId }) => VpcEndpointId).sort());
      }),
    );
  });

  it('fm-03 makes the scope unknown when any one response fails, and keeps its last answer', async () => {
    await fc.assert(
      fc.asyncProperty(estateAndPages, fc.nat(), async ({ estate: one, pages }, failing) => {
        const discoverer = createDiscoverer([source], { clock: createFakeClock() });
        answerWith(mock, pages, one.interfaces);
        const [before] = (await discoverer.discover(signal)).scopes;
        const calls = mock.ec2.calls().length;

        answerWith(mock, pages, one.interfaces, failing % calls);
        const [during] = (await discoverer.discover(signal)).scopes;
        answerWith(mock, pages, one.interfaces);
        const [after] = (await discoverer.discover(signal)).scopes;

        expect(before?.status).toBe('known');
        expect(during).toMatchObject({ status: 'unknown', code: 'THROTTLED' });
        expect(during?.status === 'unknown' && during.lastGood?.discovered).toEqual(discoveredOf(before));
        expect(discoveredOf(after)).toEqual(discoveredOf(before));
      }),
    );
  });
});

type ScopeStates = Awaited<ReturnType<ReturnType<typeof createDiscoverer>['discover']>>['scopes'];

function discoveredOf(scope: ScopeStates[number] | undefined) {
  return scope?.status === 'known' ? scope.discovered : undefined;
}
