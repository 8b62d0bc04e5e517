import type { EC2Client } from '@aws-sdk/client-ec2';
import type { ServiceDiscoveryClient } from '@aws-sdk/client-servicediscovery';
import type { STSClient } from '@aws-sdk/client-sts';
import { describe, it } from '@jest/globals';
import fc from 'fast-check';
import type { SourceConfig } from '#config/schema';
import { accountScopes } from '#discovery/aws/accounts';
import { createAccountReader } from '#discovery/aws/caller';
import { createCloudMapReader } from '#discovery/aws/readers/cloud-map';
import { createEc2Reader } from '#discovery/aws/readers/endpoints';
import { createEc2InstanceReader } from '#discovery/aws/readers/instances';
import { createNetworkReader } from '#discovery/aws/readers/networks';
import { createZoneReader } from '#discovery/aws/readers/zones';
import { createConfirmGone } from '#discovery/confirm-gone';
import { createFindings } from '#discovery/findings/findings';
import { createCloudMapSource } from '#discovery/providers/cloud-map';
import { createEc2InstancesSource } from '#discovery/providers/ec2-instances';
import { createVpcEndpointsSource } from '#discovery/providers/vpc-endpoints';
import type { Source } from '#discovery/source';
import { formatFindings } from '#sync/pass/report-text';
import { cloudMapConfig } from '../../support/aws/cloud-map';
import { ec2InstancesConfig, instanceAnswer } from '../../support/aws/ec2-instances';
import {
  associationAnswer,
  endlessBudget,
  endpointAnswer,
  interfaceAnswer,
  vpcEndpointsConfig,
} from '../../support/aws/vpc-endpoints';
import { endpointOf, knownScope, snapshotOf } from '../../support/builders';
import { firstOf } from '../../support/sources';
import { hostileText, oddly, oddlyOneOf } from './corpus';
import { feeding, type Row, replay } from './feed';
import {
  expectHarmless,
  expectHarmlessReport,
  expectRouted,
  expectSafe,
  good,
  must,
  orRefusal,
  reportOf,
} from './judges';

/**
 * Any answer of AWS, or of a program in its place. An odd item affects only itself, and an
 * unreadable answer affects its scope.
 */

const signal = new AbortController().signal;
const clock = { monotonicMs: () => 0 };

/** What a client of the SDK answers, by the command's name. */
type Answers = Readonly<Record<string, unknown>>;

/** The SDK's client as far as readers use it: an answer that is an Error is thrown. */
function clientOf<C>(answers: Answers): () => Promise<C> {
  const send = async (command: object) => {
    const answer = answers[command.constructor.name.replace(/Command$/, '')];
    if (answer instanceof Error) throw answer;
    return answer;
  };
  return async () => ({ send, config: { credentials: async () => ({ accessKeyId: 'AKIA' }) } }) as unknown as C;
}

const [endpointsConfig, instancesConfig] = [vpcEndpointsConfig(), ec2InstancesConfig()];

function optionsOf(config: SourceConfig, answers: Answers) {
  const [scope] = accountScopes(config as typeof endpointsConfig);
  if (!scope) throw new Error('the source has no scope');
  return { scope, client: clientOf<EC2Client>(answers), budget: endlessBudget, clock, pageSize: 100 };
}

function endpointsSource(answers: Answers): Source {
  const options = optionsOf(endpointsConfig, answers);
  const readers = { reader: createEc2Reader(options), readZoneIds: createZoneReader(options) };
  return createVpcEndpointsSource(endpointsConfig, { owner: 'test', readersOf: () => readers });
}

function instancesSource(answers: Answers): Source {
  const options = optionsOf(instancesConfig, answers);
  const readers = { reader: createEc2InstanceReader(options), readZoneIds: createZoneReader(options) };
  return createEc2InstancesSource(instancesConfig, { owner: 'test', readersOf: () => readers });
}

function cloudMapSource(answers: Answers): Source {
  const options = optionsOf(cloudMapConfig(), answers);
  const reader = createCloudMapReader({ ...options, client: clientOf<ServiceDiscoveryClient>(answers) });
  const readers = { reader, readZoneIds: createZoneReader(options), readAccount: async () => undefined };
  return createCloudMapSource(cloudMapConfig(), { owner: 'test', readersOf: () => readers });
}

/**
 * `isWhole`: any part may be odd. Otherwise one item is odd, and `isKnown` tells whether it still
 * has its id.
 */
type Fed = { readonly answers: Answers; readonly isWhole: boolean; readonly isKnown: boolean };

/** The answers with an odd item among others: where that has an id, it costs itself alone. */
function oddItem<T>(item: T, idKey: keyof T, answersOf: (odd: unknown) => Answers): fc.Arbitrary<Fed> {
  return oddly(item).map((odd) => {
    const id = isObject(odd) ? odd[String(idKey)] : undefined;
    return { answers: answersOf(odd), isWhole: false, isKnown: typeof id === 'string' && id !== '' };
  });
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}

/** Mostly one odd item, else an answer without any certain part. */
function orWhole(item: fc.Arbitrary<Fed>, usual: Answers): fc.Arbitrary<Fed> {
  const whole = oddly(usual).map((answers) => ({ answers, isWhole: true, isKnown: false }));
  return fc.oneof({ weight: 4, arbitrary: item }, { weight: 1, arbitrary: whole });
}

const expectDiscovered =
  (open: (answers: Answers) => Source) =>
  async ({ answers, isWhole, isKnown }: Fed) => {
    const { scope, discover } = firstOf(open(answers));
    const discovered = await orRefusal(() => discover(signal));
    must(discovered !== undefined || !isKnown, () => 'one item costs all the others');
    if (discovered) (isWhole ? expectSafe : expectRouted)(discovered, scope);
  };

const Tags = ['domain', 'protocol', 'port', 'host', 'path', 'weight'].map((key, index) => ({
  Key: `kong:${key}`,
  Value: ['bad', 'https', '443', 'api.example', '/todo', '10'][index],
}));
const goodTags = [{ Key: 'kong:domain', Value: good.domain }];
const zones = { AvailabilityZones: [{ ZoneName: 'us-east-1a', ZoneId: 'use1-az1' }] };

const badEndpoint = endpointAnswer('vpce-0bad', { NetworkInterfaceIds: ['eni-0bad'], Tags });
const badInterface = interfaceAnswer('eni-0bad', '10.0.2.1', { Ipv6Addresses: [{ Ipv6Address: 'fd00::9' }] });
const endpointsOf = (bad: unknown, networkInterface: unknown = interfaceAnswer('eni-0bad', '10.0.2.1')) => ({
  DescribeVpcEndpoints: {
    VpcEndpoints: [bad, endpointAnswer(good.id, { NetworkInterfaceIds: ['eni-0600d'], Tags: goodTags })],
  },
  DescribeNetworkInterfaces: { NetworkInterfaces: [networkInterface, interfaceAnswer('eni-0600d', good.ip)] },
  DescribeAvailabilityZones: zones,
});

const badAssociation = associationAnswer('vpce-0bad', { FailureCode: 'Gone', FailureReason: 'deleted' });
const reachedOf = (bad: unknown) => ({
  ...endpointsOf({ ...badEndpoint, VpcEndpointType: 'Resource' }),
  DescribeVpcEndpointAssociations: { VpcEndpointAssociations: [bad] },
});

const badInstance = instanceAnswer('i-0bad', {
  Tags,
  NetworkInterfaces: [{ Attachment: { DeviceIndex: 0 }, Ipv6Addresses: [{ Ipv6Address: 'fd00::9' }] }],
});
const instancesOf = (bad: unknown) => ({
  DescribeInstances: {
    Reservations: [
      { Instances: [bad] },
      { Instances: [instanceAnswer('i-0600d', { PrivateIpAddress: good.ip, Tags: goodTags })] },
    ],
  },
  DescribeAvailabilityZones: zones,
});

const attributes = Object.fromEntries([
  ...Tags.map(({ Key, Value }) => [Key, Value]),
  ...Object.entries({ AWS_INSTANCE_IPV4: '10.0.0.2', AWS_INSTANCE_IPV6: 'fd00::2', AWS_INSTANCE_PORT: '80' }),
  ['kong-privatelink:zone', 'use1-az2'],
]);
const registered = (bad: unknown) => ({
  ListNamespaces: { Namespaces: [{ Id: 'ns-1', Name: 'shared' }] },
  ListServices: { Services: [{ Id: 'srv-1', Name: good.domain, CreateDate: new Date(1_000), HealthCheckConfig: {} }] },
  ListInstances: { Instances: [bad, { Id: 'one', Attributes: { AWS_INSTANCE_IPV4: good.ip } }] },
  GetInstancesHealthStatus: { Status: { one: 'HEALTHY', two: 'UNKNOWN' } },
  DescribeAvailabilityZones: zones,
});
const badRegistered = { Id: 'two', Attributes: attributes };

const networks = {
  DescribeVpcEndpointServices: {
    ServiceDetails: [{ ServiceName: 'svc', AvailabilityZoneIds: ['use1-az1'], AvailabilityZones: ['us-east-1a'] }],
  },
  DescribeSubnets: { Subnets: [{ VpcId: 'vpc-1', AvailabilityZoneId: 'use1-az2' }] },
  DescribeVpcs: {
    Vpcs: [{ VpcId: 'vpc-1', CidrBlock: '10.0.0.0/16', CidrBlockAssociationSet: [{ CidrBlock: '10.1.0.0/16' }] }],
  },
  DescribeVpcPeeringConnections: {
    VpcPeeringConnections: [
      {
        VpcPeeringConnectionId: 'pcx-1',
        Status: { Code: 'rejected', Message: 'no' },
        RequesterVpcInfo: { VpcId: 'vpc-1', CidrBlock: '10.0.0.0/16' },
        AccepterVpcInfo: { VpcId: 'vpc-2', CidrBlock: '10.0.0.0/8', CidrBlockSet: [{ CidrBlock: '10.0.0.0/8' }] },
      },
    ],
  },
  DescribeAvailabilityZones: zones,
};

async function expectFindings(answers: Answers): Promise<void> {
  const findings = createFindings([endpointsConfig, instancesConfig], {
    readersOf: (_, config) => {
      const options = optionsOf(config, answers);
      return { reader: createNetworkReader(options), readZoneIds: createZoneReader(options) };
    },
  });
  const scopes = [endpointsConfig, instancesConfig].map((config) => {
    const { scope } = optionsOf(config, {});
    return knownScope([endpointOf({ scopeId: scope.id, serviceName: 'svc', vpcId: 'vpc-1' })], [], scope);
  });
  const found = await findings(snapshotOf(...scopes), signal);
  expectHarmlessReport(reportOf(found));
  expectHarmless(formatFindings(found.findings ?? [], { env: {}, out: () => {}, err: () => {}, isTerminal: false }));
}

/** AWS's answer about requested ids removes no endpoint that nobody asked for. */
async function expectGone(answers: Answers): Promise<void> {
  const asked = ['vpce-0a1', 'vpce-0a2', 'i-0a1', 'srv-1.one'];
  for (const source of [endpointsSource(answers), instancesSource(answers)]) {
    const missing = new Map(source.scopes().map(({ scope }) => [scope.id, asked]));
    const { goneIds, warnings } = await createConfirmGone([source])(missing, signal);
    must(
      goneIds.every((id) => asked.includes(id)),
      () => `nobody asked for ${JSON.stringify(goneIds)}`,
    );
    expectHarmlessReport(reportOf(snapshotOf(), { warnings }));
  }
}

const failures = fc
  .tuple(
    hostileText,
    fc.oneof(hostileText, fc.constantFrom('Throttling', 'InvalidVpcEndpointId.NotFound', 'AccessDenied')),
    hostileText,
  )
  .map(([message, name, code]) => Object.assign(new Error(message), { name, code }));

const failing = fc
  .tuple(
    failures,
    fc.constantFrom(
      'DescribeVpcEndpoints',
      'DescribeNetworkInterfaces',
      'DescribeVpcEndpointAssociations',
      'DescribeAvailabilityZones',
    ),
  )
  .map(([failure, command]) => ({
    answers: { ...reachedOf(badAssociation), [command]: failure },
    isWhole: false,
    isKnown: false,
  }));

const asInstance = (odd: unknown) => registered({ Id: 'two', Attributes: odd });
const oddAnswers = {
  endpoints: orWhole(oddItem(badEndpoint, 'VpcEndpointId', endpointsOf), endpointsOf(badEndpoint)),
  tags: oddly(Tags).map((tags) => ({
    answers: endpointsOf({ ...badEndpoint, Tags: tags }),
    isWhole: false,
    isKnown: true,
  })),
  interfaces: oddItem(badInterface, 'NetworkInterfaceId', (odd) => endpointsOf(badEndpoint, odd)),
  reached: orWhole(oddItem(badAssociation, 'VpcEndpointId', reachedOf), reachedOf(badAssociation)),
  instances: orWhole(oddItem(badInstance, 'InstanceId', instancesOf), instancesOf(badInstance)),
  registered: orWhole(oddItem(badRegistered, 'Id', registered), registered(badRegistered)),
  attributes: oddly(attributes).map((odd) => ({ answers: asInstance(odd), isWhole: false, isKnown: true })),
};

async function expectAccount(answer: unknown): Promise<void> {
  const client = clientOf<STSClient>({ GetCallerIdentity: answer });
  const account = await createAccountReader({ ...optionsOf(endpointsConfig, {}), client })(signal);
  must(account === undefined || /^\d{12}$/.test(account), () => `the account is ${JSON.stringify(account)}`);
}

const rows: readonly Row[] = [
  ['fm-45 VPC endpoints', feeding(oddAnswers.endpoints, expectDiscovered(endpointsSource), 0.125)],
  ['fm-45 tags', feeding(oddAnswers.tags, expectDiscovered(endpointsSource), 0.25)],
  ['fm-45 network interfaces', feeding(oddAnswers.interfaces, expectDiscovered(endpointsSource), 0.1)],
  ['fm-62 resources behind endpoints', feeding(oddAnswers.reached, expectDiscovered(endpointsSource), 0.1)],
  ['fm-45 instances', feeding(oddAnswers.instances, expectDiscovered(instancesSource), 0.1)],
  ['fm-44 instances of Cloud Map', feeding(oddAnswers.registered, expectDiscovered(cloudMapSource), 0.1)],
  ['fm-44 attributes of Cloud Map instances', feeding(oddAnswers.attributes, expectDiscovered(cloudMapSource), 0.15)],
  ['fm-45 networks', feeding(oddly(networks), expectFindings, 0.05)],
  [
    'fm-45 endpoints and instances that are looked up by id',
    feeding(oddlyOneOf<Answers>(endpointsOf(badEndpoint), instancesOf(badInstance)), expectGone, 0.05),
  ],
  ['fm-45 errors', feeding(failing, expectDiscovered(endpointsSource), 0.25)],
  ['fm-37 the account', feeding(oddly({ Account: '111111111111' }), expectAccount, 0.25)],
];

describe(`the corpus against AWS ${replay}`, () => {
  it.each(rows)('%s', async (_, run) => {
    await run();
  });
});
