import {
  DescribeNetworkInterfacesCommand,
  DescribeVpcEndpointsCommand,
  type State as EndpointState,
} from '@aws-sdk/client-ec2';
import { beforeEach, describe, expect, it } from '@jest/globals';
import { createEc2Reader } from '#discovery/aws/readers/endpoints';
import {
  answerWith,
  createMockEc2,
  createNotedBudget,
  endpointAnswer,
  interfaceAnswer,
  readerOptions,
} from '../../../../support/aws/vpc-endpoints';

const mock = createMockEc2();
const signal = new AbortController().signal;
const reader = createEc2Reader(readerOptions(mock));

const list = () => reader.listEndpoints({ tagKey: 'kong:domain' }, signal);

beforeEach(() => {
  mock.ec2.reset();
});

describe('listEndpoints', () => {
  it('fm-23 accepts endpoints without optional fields', async () => {
    answerWith(mock, [[{ VpcEndpointId: 'vpce-1' }]]);

    expect(await list()).toEqual([
      {
        id: 'vpce-1',
        type: undefined,
        state: undefined,
        reason: undefined,
        createdAtMs: undefined,
        serviceName: undefined,
        vpcId: undefined,
        interfaceIds: [],
        dnsNames: [],
        tags: new Map(),
      },
    ]);
  });

  it('fm-23 accepts null where AWS has no value', async () => {
    const nothing = { State: null, LastError: null, NetworkInterfaceIds: null, DnsEntries: null, Tags: null };
    mock.ec2.on(DescribeVpcEndpointsCommand).callsFake(() => ({
      VpcEndpoints: [{ VpcEndpointId: 'vpce-1', ...nothing }],
    }));

    expect(await list()).toMatchObject([{ id: 'vpce-1', interfaceIds: [], dnsNames: [] }]);
  });

  it('fm-04 accepts an empty list', async () => {
    answerWith(mock, [[]]);

    expect(await list()).toEqual([]);
  });

  it.each([
    ['an endpoint without id', { VpcEndpoints: [endpointAnswer('vpce-1'), { State: 'Available' }] }],
    ['an endpoint with an empty id', { VpcEndpoints: [{ VpcEndpointId: '' }] }],
    ['an answer without its list', {}],
    ['an invalid list', { VpcEndpoints: 'none' }],
    ['an invalid token', { VpcEndpoints: [], NextToken: 7 }],
  ])('fm-03 fails as a whole at %s', async (_, answer) => {
    mock.ec2.on(DescribeVpcEndpointsCommand).callsFake(() => answer);

    await expect(list()).rejects.toMatchObject({ code: 'BAD_ANSWER', message: expect.stringContaining('hub.self') });
  });

  it.each([
    ['State', { State: 7 }],
    ['CreationTimestamp', { CreationTimestamp: 'yesterday' }],
    ['NetworkInterfaceIds', { NetworkInterfaceIds: [null] }],
    ['DnsEntries', { DnsEntries: 'none' }],
    ['Tags', { Tags: { Key: 'kong:domain' } }],
  ])('fm-45 returns an endpoint with malformed %s by its id alone, and the others whole', async (field, over) => {
    const VpcEndpoints = [{ ...endpointAnswer('vpce-1'), ...over }, endpointAnswer('vpce-2')];
    mock.ec2.on(DescribeVpcEndpointsCommand).callsFake(() => ({ VpcEndpoints }));

    expect(await list()).toEqual([
      {
        id: 'vpce-1',
        misfit: expect.stringContaining(field),
        interfaceIds: [],
        dnsNames: [],
        tags: new Map(),
      },
      expect.objectContaining({ id: 'vpce-2', state: 'Available', createdAtMs: 1_000 }),
    ]);
  });

  it('fm-08 fails as a whole when its second page fails', async () => {
    const throttled = Object.assign(new Error('slow down'), { name: 'RequestLimitExceeded' });
    mock.ec2
      .on(DescribeVpcEndpointsCommand)
      .resolvesOnce({ VpcEndpoints: [endpointAnswer('vpce-1')], NextToken: '1' })
      .rejects(throttled);

    await expect(list()).rejects.toMatchObject({ code: 'THROTTLED', transient: true });
  });
});

describe('listInterfaces', () => {
  it('makes no call without ids', async () => {
    expect(await reader.listInterfaces([], signal)).toEqual([]);
    expect(mock.ec2.calls()).toHaveLength(0);
  });

  it('fm-29 returns each address once, the primary address first', async () => {
    answerWith(
      mock,
      [],
      [
        interfaceAnswer('eni-1', '10.0.1.11', {
          PrivateIpAddresses: [{ PrivateIpAddress: '10.0.1.9' }, { PrivateIpAddress: '10.0.1.11' }],
          Ipv6Addresses: [{ Ipv6Address: 'fd00::1' }],
        }),
      ],
    );

    expect(await reader.listInterfaces(['eni-1'], signal)).toEqual([
      { id: 'eni-1', zoneId: 'use1-az1', ips: ['10.0.1.11', '10.0.1.9', 'fd00::1'] },
    ]);
  });

  it('fm-45 returns an interface with a malformed field by its id alone, and the others whole', async () => {
    const NetworkInterfaces = [
      { ...interfaceAnswer('eni-1', '10.0.1.11'), PrivateIpAddresses: '10.0.1.11' },
      interfaceAnswer('eni-2', '10.0.1.12'),
    ];
    mock.ec2.on(DescribeNetworkInterfacesCommand).callsFake(() => ({ NetworkInterfaces }));

    expect(await reader.listInterfaces(['eni-1', 'eni-2'], signal)).toEqual([
      { id: 'eni-1', misfit: expect.stringContaining('PrivateIpAddresses'), ips: [] },
      { id: 'eni-2', zoneId: 'use1-az1', ips: ['10.0.1.12'] },
    ]);
  });

  it.each([
    ['an interface without id', { NetworkInterfaces: [{ PrivateIpAddress: '10.0.1.11' }] }],
    ['an answer without its list', {}],
  ])('fm-03 fails as a whole at %s', async (_, answer) => {
    mock.ec2.on(DescribeNetworkInterfacesCommand).callsFake(() => answer);

    await expect(reader.listInterfaces(['eni-1'], signal)).rejects.toMatchObject({ code: 'BAD_ANSWER' });
  });

  it('fm-03 fails as a whole when its second batch fails', async () => {
    const ids = Array.from({ length: 1_001 }, (_, index) => `eni-${index}`);
    mock.ec2
      .on(DescribeNetworkInterfacesCommand)
      .resolvesOnce({ NetworkInterfaces: [] })
      .rejects(Object.assign(new Error('reset'), { code: 'ECONNRESET' }));

    await expect(reader.listInterfaces(ids, signal)).rejects.toMatchObject({ code: 'UNREACHABLE' });
  });
});

describe('findGone', () => {
  const notFound = (...ids: readonly string[]) =>
    Object.assign(new Error(`The Vpc Endpoint Ids '${ids.join(', ')}' do not exist`), {
      name: 'InvalidVpcEndpointId.NotFound',
    });

  it('fm-30 returns the endpoints that AWS does not know', async () => {
    mock.ec2
      .on(DescribeVpcEndpointsCommand, { VpcEndpointIds: ['vpce-1', 'vpce-2'] })
      .rejects(notFound('vpce-1'))
      .on(DescribeVpcEndpointsCommand, { VpcEndpointIds: ['vpce-2'] })
      .resolves({ VpcEndpoints: [endpointAnswer('vpce-2')] });

    expect(await reader.findGone(['vpce-1', 'vpce-2'], signal)).toEqual(['vpce-1']);
  });

  it.each([
    ['rejected', ['vpce-1']],
    ['Expired', ['vpce-1']],
    ['available', []],
    ['pending', []],
    ['tomorrow', []],
    [undefined, []],
  ])('fm-30 finds an untagged endpoint gone by its state %s: %j', async (State, expected) => {
    const answer = endpointAnswer('vpce-1', { State: State as EndpointState });
    mock.ec2.on(DescribeVpcEndpointsCommand).resolves({ VpcEndpoints: [answer] });

    expect(await reader.findGone(['vpce-1'], signal)).toEqual(expected);
  });

  it('asks for 200 ids in one call', async () => {
    const ids = Array.from({ length: 401 }, (_, index) => `vpce-${index}`);
    mock.ec2.on(DescribeVpcEndpointsCommand).resolves({ VpcEndpoints: [] });

    await reader.findGone(ids, signal);

    const asked = mock.ec2.commandCalls(DescribeVpcEndpointsCommand).map(({ args }) => args[0].input.VpcEndpointIds);
    expect(asked.map((batch) => batch?.length)).toEqual([200, 200, 1]);
  });

  it('fm-01 fails as a whole when AWS does not answer', async () => {
    mock.ec2
      .on(DescribeVpcEndpointsCommand)
      .rejectsOnce(notFound('vpce-1'))
      .rejects(Object.assign(new Error('slow down'), { name: 'RequestLimitExceeded' }));

    await expect(reader.findGone(['vpce-1', 'vpce-2'], signal)).rejects.toMatchObject({ code: 'THROTTLED' });
  });
});

describe('a reader', () => {
  it('fm-08 takes every call from the budget of its account and region before the call', async () => {
    const { taken, budget } = createNotedBudget(mock);
    answerWith(mock, [[endpointAnswer('vpce-1')], []]);
    const counted = createEc2Reader({ ...readerOptions(mock), budget });

    await counted.listEndpoints({ tagKey: 'kong:domain' }, signal);
    await counted.listInterfaces(['eni-1'], signal);
    await counted.findGone(['vpce-1'], signal);

    expect(taken).toEqual([
      'self us-east-1 DescribeVpcEndpoints 0',
      'self us-east-1 DescribeVpcEndpoints 1',
      'self us-east-1 DescribeNetworkInterfaces 2',
      'self us-east-1 DescribeVpcEndpoints 3',
    ]);
  });
});
