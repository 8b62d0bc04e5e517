import type { Instance, NetworkInterface, VpcEndpoint } from '@aws-sdk/client-ec2';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { configSchema, type DnsConfig, type StaticConfig } from '#config/schema';
import { kindOf } from '#core/addresses/kinds';
import { refusedKind } from '#core/addresses/rule';
import { settleClaims } from '#core/claims/settle';
import type { Discovered, Endpoint } from '#core/model';
import { renderDesired } from '#deck/desired';
import type { Document } from '#deck/document';
import { renderText } from '#deck/file/write';
import { adopt } from '#discovery/admission/adopt';
import type { InstanceItem } from '#discovery/aws/readers/cloud-map';
import { createCloudMapSource } from '#discovery/providers/cloud-map';
import { createDnsSource } from '#discovery/providers/dns';
import { createSnapshotSource } from '#discovery/providers/snapshot';
import { createStaticSource } from '#discovery/providers/static';
import { lastGoodFile, serialiseSnapshot } from '#discovery/snapshot/file';
import type { Source } from '#discovery/source';
import { parseSealed } from '#io/sealed-file';
import { resolveRoutes } from '#plugin/request/resolve';
import { anyText } from '../support/any-text';
import { cloudMapConfig } from '../support/aws/cloud-map';
import { answerInstances, instanceAnswer, instancesSourceOver } from '../support/aws/ec2-instances';
import { answerWith, createMockEc2, endpointAnswer, interfaceAnswer, sourceOver } from '../support/aws/vpc-endpoints';
import { endpointOf, hubScope, knownScope, snapshotOf } from '../support/builders';
import { createFakeClock } from '../support/passes';
import { firstOf } from '../support/sources';

/**
 * Whatever strangers write: no source throws or produces a forbidden address, and the endpoint of domain `good` beside it stays.
 * Numbers of runs are small for each source, since each run is a whole discovery.
 */

const signal = new AbortController().signal;
const mock = createMockEc2();
const runs = { numRuns: 150 };

const hostileIp = fc.oneof(
  fc.constantFrom('', ' ', '10.0.0.300', 'fe80::1%eth0', '169.254.169.254', '127.0.0.1', '0.0.0.0', '224.0.0.1', '::'),
  fc.constantFrom(
    'fd00:ec2::254',
    '::ffff:169.254.170.2',
    '64:ff9b::7f00:1',
    '255.255.255.255',
    '203.0.113.7',
    '[::1]',
  ),
  fc.ipV4(),
  fc.ipV6(),
  anyText(),
);

const hostileText = fc.oneof(
  fc.constantFrom(
    'a,b',
    'a/b',
    `$\{{ env "DECK_KONNECT_TOKEN" }}`,
    'x\r\nHost: y',
    '//x',
    '../..',
    '\u0000',
    '__proto__',
  ),
  fc.constantFrom('constructor', 'owner:other', 'scope:a.b.c', 'kong-privatelink:base', 'use1-az99', 'zone-1', 'null'),
  fc.constantFrom('sd2', 'https', 'api.example', '/todo', '443', 'use1-az1', 'a'.repeat(5_000)),
  anyText({ maxLength: 40 }),
);

/** A value of any shape, in place of the one that is documented. */
const anything = fc.oneof(
  hostileText,
  fc.constant(null),
  fc.integer(),
  fc.array(hostileText),
  fc.object({ maxDepth: 1 }),
);

/** Mostly one odd field, so that the others let it come far; sometimes many. */
function oddly(keys: readonly string[], value: fc.Arbitrary<unknown>) {
  const one = fc.tuple(fc.constantFrom(...keys), value).map(([key, odd]) => ({ [key]: odd }));
  const many = fc.dictionary(fc.constantFrom(...keys), value, { maxKeys: keys.length });
  return fc.oneof({ weight: 5, arbitrary: one }, { weight: 1, arbitrary: many });
}

/** Mostly nothing odd. */
function mostly<T>(usual: T, odd: fc.Arbitrary<T>): fc.Arbitrary<T> {
  return fc.oneof({ weight: 3, arbitrary: fc.constant(usual) }, { weight: 1, arbitrary: odd });
}

const tagKeys = ['domain', 'protocol', 'port', 'host', 'path', 'weight', 'gateway'].map((key) => `kong:${key}`);
const tags = mostly({}, oddly(tagKeys, hostileText)).map((one) => ({ 'kong:domain': 'bad', ...one }));
const asTagList = (one: object) => Object.entries(one).map(([Key, Value]) => ({ Key, Value: String(Value) }));

async function discover(source: Source): Promise<Discovered> {
  return firstOf(source).discover(signal);
}

/** What came of it is what may be a target and a decK file, and holds domain `good`. */
function expectSafe({ endpoints }: Discovered): void {
  expect(endpoints.map(({ domain }) => domain)).toContain('good');
  for (const { id, addresses, host = 'none', paths } of endpoints) {
    expect(host).toMatch(/^[a-z0-9.-]{1,253}$/);
    for (const path of paths) expect(path).toMatch(/^\/(?!\/)[^\s,{}]{0,255}$/);
    for (const { ip } of addresses) {
      expect(kindOf(ip)).toBeDefined();
      expect(refusedKind({ ip, endpointId: id, granted: [] })).toBeUndefined();
    }
  }
  const snapshot = snapshotOf(knownScope(endpoints));
  const { domains } = settleClaims(snapshot);
  const document = renderDesired({ owner: 'test', domains, settings: {}, affinity: 'weighted' });
  expect(renderText(withoutNumbers(document), { owner: 'test' })).not.toContain('${{');
  for (const { tags: all } of document) for (const tag of all) expect(tag).toMatch(/^[^\s,/]{1,128}$/);
  for (const one of document)
    if (one.kind === 'target') expect(one.tags.filter((tag) => /^(scope|owner):/.test(tag))).toHaveLength(2);
  resolveRoutes(snapshot, 'use1-az1');
}

/** The same but for the lists of statuses: to write some hundred numbers takes longer than all the rest, and none is a text. */
function withoutNumbers(document: Document): Document {
  return JSON.parse(JSON.stringify(document, (key, value) => (key === 'http_statuses' ? [] : value)));
}

describe('hostile texts', () => {
  it('fm-45 in VPC endpoints and interfaces cost their own endpoint alone', async () => {
    const fields = ['State', 'CreationTimestamp', 'ServiceName', 'VpcId', 'NetworkInterfaceIds', 'DnsEntries', 'Tags'];
    const endpoint = fc.record({ over: mostly({}, oddly(fields, anything)), tags });
    const anInterface = mostly({}, oddly(['AvailabilityZoneId', 'PrivateIpAddresses', 'Ipv6Addresses'], anything));
    await fc.assert(
      fc.asyncProperty(endpoint, anInterface, mostly('10.0.1.1', hostileIp), async (one, over, ip) => {
        const bad = {
          ...endpointAnswer('vpce-bad', {
            NetworkInterfaceIds: ['eni-vpce-bad-a', 'eni-vpce-bad-b'],
            Tags: asTagList(one.tags),
          }),
          ...one.over,
        } as VpcEndpoint;
        const good = endpointAnswer('vpce-0a1', {
          NetworkInterfaceIds: ['eni-0a1'],
          Tags: [{ Key: 'kong:domain', Value: 'good' }],
        });
        const interfaces = [
          { ...interfaceAnswer('eni-vpce-bad-a', ip), ...over } as NetworkInterface,
          interfaceAnswer('eni-vpce-bad-b', '10.0.2.1'),
          interfaceAnswer('eni-0a1', '10.0.0.1'),
        ];
        answerWith(mock, [[bad, good]], interfaces);

        expectSafe(await discover(sourceOver(mock)));
      }),
      runs,
    );
  });

  it('fm-45 in instances cost their own endpoint alone', async () => {
    const fields = ['State', 'LaunchTime', 'VpcId', 'PrivateIpAddress', 'Placement', 'NetworkInterfaces', 'Tags'];
    await fc.assert(
      fc.asyncProperty(oddly(fields, fc.oneof(anything, hostileIp)), tags, async (over, said) => {
        const bad = { ...instanceAnswer('i-bad', { Tags: asTagList(said) }), ...over } as Instance;
        answerInstances(mock, [[bad, instanceAnswer('i-0a1', { Tags: [{ Key: 'kong:domain', Value: 'good' }] })]]);

        expectSafe(await discover(instancesSourceOver(mock)));
      }),
      runs,
    );
  });

  it('fm-44 in Cloud Map cost their own endpoint alone', async () => {
    const attributes = fc
      .tuple(
        tags,
        mostly({}, oddly(['AWS_INSTANCE_IPV4', 'AWS_INSTANCE_IPV6'], hostileIp)),
        mostly('80', hostileText),
        hostileText,
      )
      .map(([said, ips, port, zone]) => ({
        AWS_INSTANCE_IPV4: '10.0.0.2',
        ...said,
        ...ips,
        AWS_INSTANCE_PORT: port,
        'kong-privatelink:zone': zone,
      }));
    const service = { id: 'srv-1', name: 'good', reference: 'srv-1', createdAtMs: 1, isHealthChecked: false };
    await fc.assert(
      fc.asyncProperty(attributes, mostly('two', hostileText), async (said, id) => {
        const instances: readonly InstanceItem[] = [
          { id, attributes: new Map(Object.entries(said).map(([key, value]) => [key, String(value)])) },
          { id: 'one', attributes: new Map([['AWS_INSTANCE_IPV4', '10.0.0.1']]) },
        ];
        const reader = {
          listNamespaces: async () => [{ id: 'ns-1', name: 'shared', reference: 'ns-1' }],
          listServices: async () => [service],
          listInstances: async () => instances,
          readHealth: async () => new Map<string, string>(),
          isGone: async () => false,
        };
        const readersOf = () => ({ reader, readZoneIds: async () => new Map([['us-east-1a', 'use1-az1']]) });

        expectSafe(await discover(createCloudMapSource(cloudMapConfig(), { owner: 'test', readersOf })));
      }),
      runs,
    );
  });

  it('fm-44 in DNS and in the configuration cost their own endpoint alone', async () => {
    const names = [
      { name: 'good.corp', domain: 'good' },
      { name: '_http._tcp.corp', domain: 'bad' },
    ];
    const written = { type: 'static', name: 'fixed', endpoints: [{ domain: 'good', addresses: ['10.0.0.2'] }] };
    const { sources } = configSchema.parse({
      owner: 'test',
      sources: [{ type: 'dns', name: 'corp', names }, written],
      controlPlane: { type: 'konnect', name: 'prod', token: 'kpat_test' },
    });
    const [dns, fixed] = sources as [DnsConfig, StaticConfig];
    await fc.assert(
      fc.asyncProperty(
        mostly('x.corp', hostileText),
        fc.array(hostileIp, { minLength: 1 }),
        mostly(80, fc.integer()),
        async (host, ips, port) => {
          const answerOf = (name: string) => (name === 'good.corp' ? ['10.0.0.1'] : ips);
          const resolver = {
            resolve4: async (name: string) => answerOf(name).map((address) => ({ address, ttlSeconds: 1 })),
            resolve6: async () => [],
            resolveSrv: async () => [
              { name: host, port, priority: 1, weight: 1 },
              { name: 'x.corp', port, priority: 1, weight: 1 },
            ],
          };
          const bad = { domain: 'bad', addresses: ips };

          expectSafe(await discover(createDnsSource(dns, { resolver, clock: createFakeClock() })));
          expectSafe(await discover(createStaticSource({ ...fixed, endpoints: [bad, ...fixed.endpoints] })));
        },
      ),
      runs,
    );
  });

  it('fm-50 in snapshots, and in last good, cost their own endpoint alone', async () => {
    const good = endpointOf({ id: 'vpce-0a1', domain: 'good' });
    const fields = Object.keys({ ...good, reason: '', host: '', serviceName: '', vpcId: '', observed: '' });
    const address = fc.record({
      ip: mostly('10.0.0.2', hostileIp),
      region: mostly<unknown>('us-east-1', anything),
      zoneId: mostly<unknown>('use1-az1', anything),
    });
    const over = fc.record({
      fields: mostly({}, oddly(fields, anything)),
      addresses: mostly<unknown>([{ ip: '10.0.0.2', region: 'us-east-1' }], fc.oneof(anything, fc.array(address))),
      id: mostly(
        'vpce-0a2',
        hostileText.filter((id) => id !== ''),
      ),
    });
    const config = configSchema.parse({
      owner: 'test',
      sources: [{ type: 'snapshot', name: 'relay', file: '/x.json' }],
      controlPlane: { type: 'konnect', name: 'prod', token: 'kpat_test' },
    }).sources[0];
    if (config?.type !== 'snapshot') throw new Error('the schema gave another source');
    await fc.assert(
      fc.asyncProperty(over, async ({ fields: said, addresses, id }) => {
        const bad = { ...endpointOf({ domain: 'bad' }), addresses, ...said, id } as unknown as Endpoint;
        const text = serialiseSnapshot(snapshotOf(knownScope([bad, good])), 'test');
        const source = createSnapshotSource(config, {
          owner: 'test',
          clock: createFakeClock(),
          read: async () => ({ text }),
        });
        const [state] = parseSealed(text, lastGoodFile('test'), 'last.json').snapshot.scopes;

        expectSafe(await discover(source));
        if (state?.status !== 'known') throw new Error('the scope was lost');
        expectSafe(adopt(state.discovered, { allow: {}, scope: hubScope }));
      }),
      { numRuns: 200 },
    );
  });
});
