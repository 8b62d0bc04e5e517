import {
  DescribeNetworkInterfacesCommand,
  DescribeVpcEndpointsCommand,
  type NetworkInterface,
} from '@aws-sdk/client-ec2';
import { describe, expect, it } from '@jest/globals';
import type { VpcEndpointsConfig } from '#config/schema';
import {
  answerWith,
  createMockEc2,
  discoverOver,
  endpointAnswer,
  interfaceAnswer,
  sourceOver,
  vpcEndpointsConfig,
} from '../../../support/aws/vpc-endpoints';
import { firstOf, scopesOf } from '../../../support/sources';

const mock = createMockEc2();
const signal = new AbortController().signal;

const interfaces = [
  interfaceAnswer('eni-vpce-1-a', '10.0.1.11'),
  interfaceAnswer('eni-vpce-1-b', '10.0.2.11', { AvailabilityZoneId: 'use1-az2' }),
];

const discover = (config?: VpcEndpointsConfig) => discoverOver(mock, config);

/** Discovers one endpoint, whose interfaces AWS lists. */
function discoverOne(over: Parameters<typeof endpointAnswer>[1], config?: VpcEndpointsConfig) {
  answerWith(mock, [[endpointAnswer('vpce-1', over)]], interfaces);
  return discover(config);
}

function tagged(tags: Readonly<Record<string, string>>) {
  return Object.entries({ 'kong:domain': 'sd2', ...tags }).map(([Key, Value]) => ({ Key, Value }));
}

describe('the scopes of a source', () => {
  it('are accounts x regions, without the role that reads them', () => {
    const roleArn = 'arn:aws:iam::111111111111:role/kong-privatelink';
    const config = vpcEndpointsConfig({
      accounts: [{ roleArn, externalId: 'hub' }],
      regions: ['us-east-1', 'eu-west-1'],
    });

    expect(scopesOf(sourceOver(mock, config))).toEqual([
      { id: 'hub.111111111111.us-east-1', source: 'hub', account: '111111111111', region: 'us-east-1' },
      { id: 'hub.111111111111.eu-west-1', source: 'hub', account: '111111111111', region: 'eu-west-1' },
    ]);
  });
});

describe('an endpoint', () => {
  it('fm-29 has all its private addresses with the zone id of each interface', async () => {
    answerWith(
      mock,
      [[endpointAnswer('vpce-1')]],
      [
        interfaceAnswer('eni-vpce-1-a', '10.0.1.11', {
          PrivateIpAddresses: [{ PrivateIpAddress: '10.0.1.11' }, { PrivateIpAddress: '10.0.1.12' }],
          Ipv6Addresses: [{ Ipv6Address: 'fd00::11' }],
        }),
        interfaceAnswer('eni-vpce-1-b', '10.0.2.11', { AvailabilityZoneId: 'use1-az2' }),
      ],
    );

    const { endpoints } = await discover();

    expect(endpoints).toEqual([
      {
        id: 'vpce-1',
        scopeId: 'hub.self.us-east-1',
        domain: 'sd2',
        state: 'available',
        reason: undefined,
        createdAtMs: 1_000,
        serviceName: 'com.amazonaws.vpce.us-east-1.vpce-svc-1',
        vpcId: 'vpc-1',
        protocol: 'http',
        port: 80,
        host: undefined,
        paths: [],
        grantedPaths: [],
        weight: 100,
        dnsNames: ['vpce-1.example'],
        addresses: [
          { ip: '10.0.1.11', region: 'us-east-1', zoneId: 'use1-az1' },
          { ip: '10.0.1.12', region: 'us-east-1', zoneId: 'use1-az1' },
          { ip: '10.0.2.11', region: 'us-east-1', zoneId: 'use1-az2' },
          { ip: 'fd00:0000:0000:0000:0000:0000:0000:0011', region: 'us-east-1', zoneId: 'use1-az1' },
        ],
      },
    ]);
  });

  it("keeps its DNS names in AWS's order", async () => {
    const names = ['vpce-1.z', 'vpce-1-us-east-1a.z', 'api.example'];

    const { endpoints } = await discoverOne({ DnsEntries: names.map((DnsName) => ({ DnsName })) });

    expect(endpoints[0]?.dnsNames).toEqual(names);
  });

  it('has an unknown zone when AWS returns no AvailabilityZoneId', async () => {
    answerWith(
      mock,
      [[endpointAnswer('vpce-1', { NetworkInterfaceIds: ['eni-1'] })]],
      [interfaceAnswer('eni-1', '10.0.1.11', { AvailabilityZoneId: undefined })],
    );

    expect((await discover()).endpoints[0]?.addresses).toEqual([
      { ip: '10.0.1.11', region: 'us-east-1', zoneId: undefined },
    ]);
  });

  it.each([
    ['Available', 'available', 2],
    ['available', 'available', 2],
    ['Pending', 'pending', 2],
    ['pendingAcceptance', 'pendingAcceptance', 2],
    ['Partial', 'partial', 2],
    ['Paused', 'unlisted', 2],
    ['Rejected', 'rejected', 0],
    ['Failed', 'failed', 0],
    ['Expired', 'expired', 0],
    ['deleting', 'deleting', 0],
    ['Deleted', 'deleted', 0],
  ])('fm-30 in state %s is reported as %s, with %d addresses', async (given, state, count) => {
    // The test needs a state that the SDK's types do not list.
    const { endpoints, quarantined } = await discoverOne({ State: given as 'Available' });

    expect(quarantined).toEqual([]);
    expect(endpoints).toMatchObject([{ id: 'vpce-1', state }]);
    expect(endpoints[0]?.addresses).toHaveLength(count);
  });

  it('fm-30 is reported as rejected without its interfaces, and they cost no call', async () => {
    answerWith(mock, [[endpointAnswer('vpce-1', { State: 'Rejected' })]]);

    const { endpoints } = await discover();

    expect(endpoints).toMatchObject([{ state: 'rejected', addresses: [] }]);
    expect(mock.ec2.commandCalls(DescribeNetworkInterfacesCommand)).toHaveLength(0);
  });

  it.each([
    ['its message', { LastError: { Code: 'Rejected', Message: 'by the owner' } }, 'by the owner'],
    ['its code without a message', { LastError: { Code: 'Rejected' } }, 'Rejected'],
    ['the reason of the failure', { FailureReason: 'quota' }, 'quota'],
  ])("has AWS's own words about its state: %s", async (_, over, reason) => {
    expect((await discoverOne({ State: 'Failed', ...over })).endpoints).toMatchObject([{ reason }]);
  });

  it('is granted the paths that the source lists by name', async () => {
    const config = vpcEndpointsConfig({ allow: { paths: ['/dogs', '/'] } });

    const { endpoints } = await discoverOne({ Tags: tagged({ 'kong:path': '/ /todo' }) }, config);

    expect(endpoints).toMatchObject([{ paths: ['/', '/todo'], grantedPaths: ['/'] }]);
  });

  it.each([
    [
      'interface ids',
      { NetworkInterfaceIds: [...(endpointAnswer('vpce-1').NetworkInterfaceIds ?? [])].reverse() },
      false,
    ],
    ['addresses', { NetworkInterfaceIds: ['eni-vpce-1-a'] }, true],
    ['weight', { Tags: tagged({ 'kong:weight': '7' }) }, true],
    ['state', { State: 'Pending' as const }, true],
  ])('fm-32 differs from before exactly when a relevant field does: %s', async (_, over, differs) => {
    const before = await discoverOne({});

    const after = await discoverOne(over);

    expect(JSON.stringify(after) !== JSON.stringify(before)).toBe(differs);
  });
});

describe('an unusable endpoint', () => {
  const others = endpointAnswer('vpce-2', { NetworkInterfaceIds: ['eni-2'] });
  const otherInterface = interfaceAnswer('eni-2', '10.0.3.11');

  it.each<[string, string, unknown]>([
    ['address', 'has the address ""', ''],
    ['address', 'has the address "10.0.0.300"', '10.0.0.300'],
    ['address', 'has the address "fe80::1%eth0"', 'fe80::1%eth0'],
    ['form', 'its network interface eni-1 in a form that cannot be read (PrivateIpAddress', { ip: '10.0.0.1' }],
    ['address', 'has the link-local address 169.254.9.9 (vpce-1.example), which is never a target', '169.254.9.9'],
    ['address', 'has the loopback address 127.0.0.1 (vpce-1.example), which allow.addresses', '127.0.0.1'],
  ])('fm-45 is quarantined for the %s of its interface, and the rest goes on: %s', async (_, reason, ip) => {
    const odd = { NetworkInterfaceId: 'eni-1', PrivateIpAddress: ip } as unknown as NetworkInterface;
    answerWith(mock, [[endpointAnswer('vpce-1', { NetworkInterfaceIds: ['eni-1'] }), others]], [odd, otherInterface]);

    const { endpoints, quarantined } = await discover();

    expect(endpoints.map(({ id }) => id)).toEqual(['vpce-2']);
    expect(quarantined).toMatchObject([{ endpointId: 'vpce-1', reason: expect.stringContaining(reason) }]);
  });

  it('fm-45 is quarantined where AWS returns it malformed, and the rest goes on', async () => {
    const odd = endpointAnswer('vpce-1', { CreationTimestamp: 'yesterday' as unknown as Date });
    answerWith(mock, [[odd, others]], [otherInterface]);

    const { endpoints, quarantined } = await discover();

    expect(endpoints.map(({ id }) => id)).toEqual(['vpce-2']);
    expect(quarantined).toMatchObject([
      {
        endpointId: 'vpce-1',
        code: 'missing-field',
        reason: expect.stringMatching(/^AWS gives it in a form that cannot be read \(CreationTimestamp: /),
      },
    ]);
  });

  it('fm-44 may have public addresses from EC2, and loopback within allow.addresses', async () => {
    const config = vpcEndpointsConfig({ allow: { addresses: ['127.20.0.0/16'] } });
    const odd = [interfaceAnswer('eni-1', '127.20.1.11'), interfaceAnswer('eni-2', '203.0.113.7')];
    answerWith(mock, [[endpointAnswer('vpce-1', { NetworkInterfaceIds: ['eni-1'] }), others]], odd);

    const { endpoints } = await discover(config);

    expect(endpoints.map(({ addresses }) => addresses[0]?.ip)).toEqual(['127.20.1.11', '203.0.113.7']);
  });

  it.each([
    ['a bad port', { Tags: tagged({ 'kong:port': 'x' }) }, 'bad-tag', 'kong:port is "x"'],
    ['TLS without host', { Tags: tagged({ 'kong:protocol': 'grpcs' }) }, 'bad-tag', 'kong:host is absent'],
    ['a domain without value', { Tags: [{ Key: 'kong:domain' }] }, 'bad-tag', 'kong:domain is ""'],
    ['the root path', { Tags: tagged({ 'kong:path': '/' }) }, 'path-not-allowed', 'path /'],
    ['no state', { State: undefined }, 'missing-field', 'State'],
    ['no time of creation', { CreationTimestamp: undefined }, 'missing-field', 'CreationTimestamp'],
    ['no interface', { NetworkInterfaceIds: [] }, 'missing-field', 'NetworkInterfaceIds'],
    ['an unknown interface', { NetworkInterfaceIds: ['eni-vpce-1-a', 'eni-9'] }, 'missing-field', 'eni-9'],
  ])('fm-11 is quarantined for %s and the rest goes on', async (_, over, code, reason) => {
    answerWith(mock, [[endpointAnswer('vpce-1', over), others]], [...interfaces, otherInterface]);

    const { endpoints, quarantined } = await discover();

    expect(endpoints.map(({ id }) => id)).toEqual(['vpce-2']);
    expect(quarantined).toEqual([
      expect.objectContaining({
        endpointId: 'vpce-1',
        scopeId: 'hub.self.us-east-1',
        code,
        reason: expect.stringContaining(reason),
        fix: expect.stringMatching(/./),
      }),
    ]);
  });

  it.each([
    [
      'ServiceNetwork',
      'name its DNS names in a source of type dns (`aws ec2 describe-vpc-endpoint-associations` shows them)',
    ],
    ['GatewayLoadBalancer', 'tag the endpoint of type Interface that reaches the provider'],
    ['Gateway', 'tag the endpoint of type Interface that reaches the provider'],
    ['Tunnel', 'tag the endpoint of type Interface that reaches the provider'],
    ['Wormhole', 'tag the endpoint of type Interface that reaches the provider'],
  ])('fm-62 is quarantined with the fix if its type is %s, and the rest goes on', async (type, fix) => {
    // The test needs a type that the SDK does not list.
    const odd = endpointAnswer('vpce-1', {
      VpcEndpointType: type as 'ServiceNetwork',
      NetworkInterfaceIds: ['eni-vpce-1-a'],
    });
    answerWith(mock, [[odd, others]], [otherInterface]);

    const { endpoints, quarantined } = await discover();

    expect(endpoints.map(({ id }) => id)).toEqual(['vpce-2']);
    expect(quarantined).toEqual([
      {
        endpointId: 'vpce-1',
        scopeId: 'hub.self.us-east-1',
        domain: 'sd2',
        state: 'available',
        code: 'type-not-routed',
        reason: `is a VPC endpoint of type ${type}, which is not routed to`,
        fix: expect.stringMatching(/, and take kong:domain off vpce-1$/),
      },
    ]);
    expect(quarantined[0]?.fix).toContain(fix);
  });

  it('fm-62 is left out if it has another type and is deleted', async () => {
    expect(await discoverOne({ VpcEndpointType: 'ServiceNetwork', State: 'Deleted' })).toEqual({
      endpoints: [],
      quarantined: [],
    });
  });

  it('fm-64 is quarantined for an unlisted interface, with the command that shows whether it is hidden', async () => {
    const { quarantined } = await discoverOne({ NetworkInterfaceIds: ['eni-vpce-1-a', 'eni-9'] });

    expect(quarantined).toMatchObject([
      {
        reason: 'AWS does not list its network interface eni-9',
        fix:
          'the next pass reads it again; if the problem stays, ' +
          '`aws ec2 describe-network-interfaces --include-managed-resources --network-interface-ids eni-9` shows why: ' +
          'where it exists, make managed resources visible in the account (`aws ec2 modify-managed-resource-visibility`)',
      },
    ]);
  });

  it('fm-11 is quarantined for an interface without address', async () => {
    const bare = interfaceAnswer('eni-vpce-1-a', '', { PrivateIpAddress: undefined, PrivateIpAddresses: [] });
    answerWith(mock, [[endpointAnswer('vpce-1', { NetworkInterfaceIds: ['eni-vpce-1-a'] })]], [bare]);

    expect((await discover()).quarantined).toMatchObject([{ code: 'missing-field' }]);
  });

  it('reports its state, so that a terminal state removes its targets', async () => {
    const { quarantined } = await discoverOne({ State: 'Rejected', Tags: tagged({ 'kong:port': 'x' }) });

    expect(quarantined).toMatchObject([{ code: 'bad-tag', state: 'rejected' }]);
  });

  it.each([
    ['domain-not-allowed', { domains: ['sd1'] }],
    ['service-not-allowed', { serviceNames: ['com.other.*'] }],
    ['vpc-not-allowed', { vpcs: ['vpc-2'] }],
  ])('is quarantined with %s and its domain when the source does not allow it', async (code, allow) => {
    expect(await discoverOne({}, vpcEndpointsConfig({ allow }))).toMatchObject({
      endpoints: [],
      quarantined: [{ code, domain: 'sd2' }],
    });
  });
});

describe('the gateway tag', () => {
  it.each([
    ['absent', {}],
    ["this owner's", { 'kong:gateway': 'test' }],
  ])('accepts the endpoint when it is %s', async (_, tags) => {
    expect(await discoverOne({ Tags: tagged(tags) })).toMatchObject({ endpoints: [{ id: 'vpce-1' }], quarantined: [] });
  });

  it.each([
    ["another owner's", { 'kong:gateway': 'other' }],
    ["another owner's beside a bad tag", { 'kong:gateway': 'other', 'kong:port': 'x' }],
  ])('excludes the endpoint and names its gateway when it is %s', async (_, tags) => {
    expect(await discoverOne({ Tags: tagged(tags) })).toMatchObject({
      endpoints: [],
      quarantined: [{ code: 'other-gateway', reason: 'is for kong:gateway other' }],
    });
  });
});

describe('the calls to AWS', () => {
  it('fm-62 ask for endpoints of any type with the domain tag, in the VPCs of the source', async () => {
    await discoverOne({}, vpcEndpointsConfig({ tags: { domain: 'team:domain' }, vpcs: ['vpc-1', 'vpc-2'] }));

    const [call] = mock.ec2.commandCalls(DescribeVpcEndpointsCommand);

    expect(call?.args[0].input).toEqual({
      Filters: [
        { Name: 'tag-key', Values: ['team:domain'] },
        { Name: 'vpc-id', Values: ['vpc-1', 'vpc-2'] },
      ],
      MaxResults: 100,
      NextToken: undefined,
    });
  });

  it('fm-08 go on to the last page, and list each endpoint once', async () => {
    const [a, b, c] = ['vpce-a', 'vpce-b', 'vpce-c'].map((id) => endpointAnswer(id, { State: 'Rejected' }));
    if (!(a && b && c)) throw new Error('three endpoints');
    answerWith(mock, [[c, a], [a], [b]]);

    const { endpoints } = await discover();

    expect(endpoints.map(({ id }) => id)).toEqual(['vpce-a', 'vpce-b', 'vpce-c']);
  });

  it('read interfaces in batches as large as the pages, without MaxResults', async () => {
    const ids = Array.from({ length: 1_001 }, (_, index) => `eni-${index}`);
    const listed = ids.map((id, index) => interfaceAnswer(id, `10.1.${index >> 8}.${index & 255}`));
    answerWith(mock, [[endpointAnswer('vpce-1', { NetworkInterfaceIds: ids })]], listed);

    const { endpoints } = await discover();

    const inputs = mock.ec2.commandCalls(DescribeNetworkInterfacesCommand).map(({ args }) => args[0].input);
    expect(inputs.map((input) => input.NetworkInterfaceIds?.length)).toEqual([...Array(10).fill(100), 1]);
    expect(inputs.every((input) => input.MaxResults === undefined)).toBe(true);
    expect(endpoints[0]?.addresses).toHaveLength(1_001);
  });
});

describe('confirmGone', () => {
  it('asks AWS for ids of endpoints only', async () => {
    answerWith(mock, [[]]);

    await firstOf(sourceOver(mock)).confirmGone?.(['team-a', 'vpce-0f', 'i-1'], signal);

    const inputs = mock.ec2.commandCalls(DescribeVpcEndpointsCommand).map(({ args }) => args[0].input);
    expect(inputs).toEqual([{ VpcEndpointIds: ['vpce-0f'] }]);
  });

  it('makes no call without ids of endpoints', async () => {
    answerWith(mock, [[]]);

    expect(await firstOf(sourceOver(mock)).confirmGone?.(['team-a'], signal)).toEqual([]);
    expect(mock.ec2.calls()).toHaveLength(0);
  });
});
