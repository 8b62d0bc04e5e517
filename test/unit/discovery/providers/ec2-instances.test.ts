import { DescribeAvailabilityZonesCommand, type Instance } from '@aws-sdk/client-ec2';
import { describe, expect, it } from '@jest/globals';
import type { Ec2InstancesConfig } from '#config/schema';
import {
  answerInstances,
  ec2InstancesConfig,
  instanceAnswer,
  instancesSourceOver,
} from '../../../support/aws/ec2-instances';
import { createMockEc2 } from '../../../support/aws/vpc-endpoints';
import { firstOf } from '../../../support/sources';

const mock = createMockEc2();
const signal = new AbortController().signal;

async function discover(instances: readonly Instance[], config: Ec2InstancesConfig = ec2InstancesConfig()) {
  answerInstances(mock, [instances]);
  const source = instancesSourceOver(mock, config);
  return firstOf(source).discover(signal);
}

function tagged(tags: Readonly<Record<string, string>>): Partial<Instance> {
  return { Tags: Object.entries({ 'kong:domain': 'sd2', ...tags }).map(([Key, Value]) => ({ Key, Value })) };
}

describe('an instance', () => {
  it('is an endpoint at its private addresses, in the zone with its name in the account', async () => {
    const { endpoints } = await discover([instanceAnswer('i-1', tagged({ 'kong:port': '8080' }))]);

    expect(endpoints).toEqual([
      {
        id: 'i-1',
        scopeId: 'peered.self.us-east-1',
        domain: 'sd2',
        state: 'available',
        createdAtMs: 1_000,
        vpcId: 'vpc-1',
        protocol: 'http',
        port: 8080,
        paths: [],
        grantedPaths: [],
        weight: 100,
        dnsNames: [],
        addresses: [{ ip: '10.0.1.11', region: 'us-east-1', zoneId: 'use1-az4' }],
      },
    ]);
  });

  it('needs no zone', async () => {
    const { endpoints } = await discover([instanceAnswer('i-1', { Placement: undefined })]);

    expect(endpoints[0]?.addresses).toEqual([{ ip: '10.0.1.11', region: 'us-east-1', zoneId: undefined }]);
  });

  it("keeps the zone id of AWS's answer, without a call", async () => {
    const Placement = { AvailabilityZone: 'us-east-1a', AvailabilityZoneId: 'use1-az2' };

    const { endpoints } = await discover([instanceAnswer('i-1', { Placement })]);

    expect(endpoints[0]?.addresses).toMatchObject([{ zoneId: 'use1-az2' }]);
    expect(mock.ec2.commandCalls(DescribeAvailabilityZonesCommand)).toHaveLength(0);
  });

  it.each([
    ['running', 'available', 1],
    ['pending', 'pending', 1],
    ['stopping', 'failed', 0],
    ['stopped', 'failed', 0],
    ['shutting-down', 'deleted', 0],
    ['terminated', 'deleted', 0],
    ['hibernated', 'unlisted', 1],
  ])('that is %s is %s', async (name, state, addresses) => {
    const over = { State: { Name: name }, StateReason: { Message: 'because' } } as Partial<Instance>;

    const { endpoints } = await discover([instanceAnswer('i-1', over)]);

    const reason = name === 'running' ? undefined : `instance ${name}: because`;
    expect(endpoints).toMatchObject([{ state, reason }]);
    expect(endpoints[0]?.addresses).toHaveLength(addresses);
  });

  it('may lack address and VPC when it is terminated', async () => {
    const over = { State: { Name: 'terminated' }, PrivateIpAddress: undefined, VpcId: undefined } as const;

    const { endpoints } = await discover([instanceAnswer('i-1', over)]);

    expect(endpoints).toMatchObject([{ id: 'i-1', state: 'deleted' }]);
  });

  it.each<[string, Partial<Instance>, string]>([
    ['State', { State: undefined }, 'AWS gives no State for it'],
    ['LaunchTime', { LaunchTime: undefined }, 'AWS gives no LaunchTime for it'],
    ['PrivateIpAddress', { PrivateIpAddress: undefined }, 'AWS gives no private address for it'],
  ])('fm-11 without %s is quarantined, and the rest goes on', async (_, over, reason) => {
    const { endpoints, quarantined } = await discover([instanceAnswer('i-1', over), instanceAnswer('i-2')]);

    expect(endpoints.map(({ id }) => id)).toEqual(['i-2']);
    expect(quarantined).toMatchObject([{ endpointId: 'i-1', code: 'missing-field', reason }]);
  });

  it.each<[string, Readonly<Record<string, unknown>>, Partial<Instance>, string]>([
    ['a domain', { domains: ['sd3'] }, {}, 'domain-not-allowed'],
    ['a VPC', { vpcs: ['vpc-2'] }, {}, 'vpc-not-allowed'],
    ['an endpoint service, which it does not have', { serviceNames: ['com.*'] }, {}, 'service-not-allowed'],
    ['a root path', {}, tagged({ 'kong:path': '/' }), 'path-not-allowed'],
    ['another gateway', {}, tagged({ 'kong:gateway': 'other' }), 'other-gateway'],
    ['a bad tag', {}, tagged({ 'kong:port': 'many' }), 'bad-tag'],
  ])('is quarantined for %s', async (_, allow, over, code) => {
    const { quarantined } = await discover([instanceAnswer('i-1', over)], ec2InstancesConfig({ allow }));

    expect(quarantined).toMatchObject([{ endpointId: 'i-1', scopeId: 'peered.self.us-east-1', code }]);
  });

  it('is returned once, in the order of ids', async () => {
    const { endpoints } = await discover(['i-2', 'i-1', 'i-2'].map((id) => instanceAnswer(id)));

    expect(endpoints.map(({ id }) => id)).toEqual(['i-1', 'i-2']);
  });
});
