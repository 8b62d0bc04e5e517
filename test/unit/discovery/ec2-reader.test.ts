import { DescribeNetworkInterfacesCommand, DescribeVpcEndpointsCommand } from '@aws-sdk/client-ec2';
import { beforeEach, describe, expect, it } from '@jest/globals';
import { createEc2Reader } from '../../../discovery/ec2-reader';
import {
  answerWith,
  createMockEc2,
  endpointAnswer,
  firstScopeOf,
  interfaceAnswer,
  vpcEndpointsConfig,
} from '../../support/vpc-endpoints';

const mock = createMockEc2();
const signal = new AbortController().signal;
const reader = createEc2Reader({
  scope: firstScopeOf(vpcEndpointsConfig()),
  client: async () => mock.client,
  pageSize: 100,
});

const list = () => reader.listEndpoints({ tagKey: 'kong:domain' }, signal);

beforeEach(() => {
  mock.ec2.reset();
});

describe('listEndpoints', () => {
  it('fm-23 tolerates every optional field being absent', async () => {
    answerWith(mock, [[{ VpcEndpointId: 'vpce-1' }]]);

    expect(await list()).toEqual([
      {
        id: 'vpce-1',
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

  it('fm-23 tolerates null where AWS says nothing', async () => {
    const nothing = { State: null, LastError: null, NetworkInterfaceIds: null, DnsEntries: null, Tags: null };
    mock.ec2.on(DescribeVpcEndpointsCommand).callsFake(() => ({
      VpcEndpoints: [{ VpcEndpointId: 'vpce-1', ...nothing }],
    }));

    expect(await list()).toMatchObject([{ id: 'vpce-1', interfaceIds: [], dnsNames: [] }]);
  });

  it('fm-04 takes an empty list as one', async () => {
    answerWith(mock, [[]]);

    expect(await list()).toEqual([]);
  });

  it.each([
    ['an endpoint without id', { VpcEndpoints: [endpointAnswer('vpce-1'), { State: 'Available' }] }],
    ['an endpoint with an empty id', { VpcEndpoints: [{ VpcEndpointId: '' }] }],
    ['an answer without its list', {}],
    ['a list that is none', { VpcEndpoints: 'none' }],
    ['a token that is none', { VpcEndpoints: [], NextToken: 7 }],
  ])('fm-03 fails as a whole at %s', async (_, answer) => {
    mock.ec2.on(DescribeVpcEndpointsCommand).callsFake(() => answer);

    await expect(list()).rejects.toMatchObject({ code: 'BAD_ANSWER', message: expect.stringContaining('hub.self') });
  });

  it('fm-08 fails as a whole when its second page does', async () => {
    const throttled = Object.assign(new Error('slow down'), { name: 'RequestLimitExceeded' });
    mock.ec2
      .on(DescribeVpcEndpointsCommand)
      .resolvesOnce({ VpcEndpoints: [endpointAnswer('vpce-1')], NextToken: '1' })
      .rejects(throttled);

    await expect(list()).rejects.toMatchObject({ code: 'THROTTLED', transient: true });
  });
});

describe('listInterfaces', () => {
  it('makes no call when there is nothing to ask for', async () => {
    expect(await reader.listInterfaces([], signal)).toEqual([]);
    expect(mock.ec2.calls()).toHaveLength(0);
  });

  it('fm-29 gives each address once, the primary first', async () => {
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

  it.each([
    ['an interface without id', { NetworkInterfaces: [{ PrivateIpAddress: '10.0.1.11' }] }],
    ['an answer without its list', {}],
  ])('fm-03 fails as a whole at %s', async (_, answer) => {
    mock.ec2.on(DescribeNetworkInterfacesCommand).callsFake(() => answer);

    await expect(reader.listInterfaces(['eni-1'], signal)).rejects.toMatchObject({ code: 'BAD_ANSWER' });
  });

  it('fm-03 fails as a whole when its second batch does', async () => {
    const ids = Array.from({ length: 1_001 }, (_, index) => `eni-${index}`);
    mock.ec2
      .on(DescribeNetworkInterfacesCommand)
      .resolvesOnce({ NetworkInterfaces: [] })
      .rejects(Object.assign(new Error('reset'), { code: 'ECONNRESET' }));

    await expect(reader.listInterfaces(ids, signal)).rejects.toMatchObject({ code: 'UNREACHABLE' });
  });
});
