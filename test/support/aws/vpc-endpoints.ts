import {
  DescribeNetworkInterfacesCommand,
  type DescribeNetworkInterfacesCommandInput,
  DescribeVpcEndpointAssociationsCommand,
  type DescribeVpcEndpointAssociationsCommandInput,
  DescribeVpcEndpointsCommand,
  type DescribeVpcEndpointsCommandInput,
  type NetworkInterface,
  type VpcEndpoint,
  type VpcEndpointAssociation,
} from '@aws-sdk/client-ec2';
import { mockClient } from 'aws-sdk-client-mock';
import { configSchema, type TagKeys, type VpcEndpointsConfig } from '#config/schema';
import { type AccountScope, accountScopes } from '#discovery/aws/accounts';
import type { CallBudget } from '#discovery/aws/call-budget';
import { createEc2Reader } from '#discovery/aws/readers/endpoints';
import { createZoneReader } from '#discovery/aws/readers/zones';
import { createVpcEndpointsSource } from '#discovery/providers/vpc-endpoints';
import type { Source } from '#discovery/source';
import { firstOf } from '../sources';
import { ec2Client } from './ec2-client';

/** A source of VPC endpoints as the schema fills it in. */
export function vpcEndpointsConfig(over: Readonly<Record<string, unknown>> = {}): VpcEndpointsConfig {
  const { sources } = configSchema.parse({
    owner: 'test',
    sources: [{ type: 'vpc-endpoints', name: 'hub', regions: ['us-east-1'], ...over }],
    controlPlane: { type: 'konnect', name: 'prod', token: 'kpat_test' },
  });
  const [source] = sources;
  if (source?.type !== 'vpc-endpoints') throw new Error('the schema gave another source');
  return source;
}

export function tagKeysOf(tags: Partial<TagKeys> = {}): TagKeys {
  return vpcEndpointsConfig({ tags }).tags;
}

/** An endpoint of domain `sd2` as the SDK gives it, with two interfaces named after it. */
export function endpointAnswer(id: string, over: Partial<VpcEndpoint> = {}): VpcEndpoint {
  return {
    VpcEndpointId: id,
    VpcEndpointType: 'Interface',
    State: 'Available',
    CreationTimestamp: new Date(1_000),
    ServiceName: 'com.amazonaws.vpce.us-east-1.vpce-svc-1',
    VpcId: 'vpc-1',
    NetworkInterfaceIds: [`eni-${id}-a`, `eni-${id}-b`],
    DnsEntries: [{ DnsName: `${id}.example`, HostedZoneId: 'Z1' }],
    Tags: [{ Key: 'kong:domain', Value: 'sd2' }],
    ...over,
  };
}

export function interfaceAnswer(id: string, ip: string, over: Partial<NetworkInterface> = {}): NetworkInterface {
  return {
    NetworkInterfaceId: id,
    AvailabilityZoneId: 'use1-az1',
    PrivateIpAddress: ip,
    PrivateIpAddresses: [{ Primary: true, PrivateIpAddress: ip }],
    ...over,
  };
}

export const resourceArn = 'arn:aws:vpc-lattice:us-east-1:222222222222:resourceconfiguration/rcfg-07129f3acded87625';

/** What an endpoint of type Resource reaches, as the SDK gives it. */
export function associationAnswer(
  endpointId: string,
  over: Partial<VpcEndpointAssociation> = {},
): VpcEndpointAssociation {
  return {
    Id: `vpce-rsc-asc-${endpointId}`,
    VpcEndpointId: endpointId,
    AssociatedResourceAccessibility: 'Accessible',
    AssociatedResourceArn: resourceArn,
    ...over,
  };
}

/** A scope of `config`, the first one. */
export function firstScopeOf(config: VpcEndpointsConfig): AccountScope {
  const [scope] = accountScopes(config);
  if (!scope) throw new Error('the source has no scope');
  return scope;
}

/** The SDK's client without a network; tests say what it answers. */
export function createMockEc2() {
  const client = ec2Client('http://127.0.0.1:1', { account: '111111111111', region: 'us-east-1' });
  return { client, ec2: mockClient(client) };
}

export type MockEc2 = ReturnType<typeof createMockEc2>;

/**
 * Answers with `pages` in turn, and with the requested `interfaces`. The call with the number
 * `failing`, counted from 0 over both, is throttled.
 */
export function answerWith(
  { ec2 }: MockEc2,
  pages: readonly (readonly VpcEndpoint[])[],
  interfaces: readonly NetworkInterface[] = [],
  failing?: number,
): void {
  let calls = 0;
  const strike = () => {
    const call = calls;
    calls += 1;
    if (call === failing) throw Object.assign(new Error('Request limit exceeded.'), { name: 'RequestLimitExceeded' });
  };
  ec2.reset();
  ec2.on(DescribeVpcEndpointsCommand).callsFake(({ NextToken = '0' }: DescribeVpcEndpointsCommandInput) => {
    strike();
    const index = Number(NextToken);
    return { VpcEndpoints: pages[index] ?? [], NextToken: index + 1 < pages.length ? String(index + 1) : '' };
  });
  ec2
    .on(DescribeNetworkInterfacesCommand)
    .callsFake(({ NetworkInterfaceIds }: DescribeNetworkInterfacesCommandInput) => {
      strike();
      const asked = new Set(NetworkInterfaceIds);
      return { NetworkInterfaces: interfaces.filter((one) => asked.has(one.NetworkInterfaceId ?? '')) };
    });
}

/** Answers with those of `associations` whose endpoints a call asks for. */
export function associateWith({ ec2 }: MockEc2, associations: readonly VpcEndpointAssociation[]): void {
  ec2
    .on(DescribeVpcEndpointAssociationsCommand)
    .callsFake(({ Filters }: DescribeVpcEndpointAssociationsCommandInput) => {
      const asked = new Set(Filters?.flatMap(({ Values }) => Values ?? []));
      return { VpcEndpointAssociations: associations.filter((one) => asked.has(one.VpcEndpointId ?? '')) };
    });
}

export const endlessBudget: CallBudget = { take: async () => {} };

/** A budget that records each call, and how many calls AWS had answered before. */
export function createNotedBudget({ ec2 }: MockEc2) {
  const taken: string[] = [];
  const take: CallBudget['take'] = async ({ account, region, action }) => {
    taken.push(`${account} ${region} ${action} ${ec2.calls().length}`);
  };
  return { taken, budget: { take } };
}

/** What a reader of the first scope reads with. */
export function readerOptions({ client }: Pick<MockEc2, 'client'>) {
  return {
    scope: firstScopeOf(vpcEndpointsConfig()),
    client: async () => client,
    pageSize: 100,
    budget: endlessBudget,
  };
}

/** The source over the mocked client. */
export function sourceOver({ client }: MockEc2, config = vpcEndpointsConfig()): Source {
  return createVpcEndpointsSource(config, {
    owner: 'test',
    readersOf: (scope) => {
      const options = { scope, client: async () => client, budget: endlessBudget };
      return {
        reader: createEc2Reader({ ...options, pageSize: 100 }),
        readZoneIds: createZoneReader({ ...options, clock: { monotonicMs: () => 0 } }),
      };
    },
  });
}

/** What the source finds over the mocked client, in its first scope. */
export function discoverOver(mock: MockEc2, config?: VpcEndpointsConfig) {
  return firstOf(sourceOver(mock, config)).discover(new AbortController().signal);
}
