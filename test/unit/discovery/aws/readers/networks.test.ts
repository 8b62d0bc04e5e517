import {
  DescribeSubnetsCommand,
  DescribeVpcEndpointServicesCommand,
  DescribeVpcPeeringConnectionsCommand,
  DescribeVpcsCommand,
} from '@aws-sdk/client-ec2';
import { beforeEach, describe, expect, it } from '@jest/globals';
import { createNetworkReader } from '#discovery/aws/readers/networks';
import { createMockEc2, readerOptions } from '../../../../support/aws/vpc-endpoints';

const mock = createMockEc2();
const signal = new AbortController().signal;
const reader = createNetworkReader(readerOptions(mock));

/** The requests of the calls so far. */
const sent = () => mock.ec2.calls().map(({ args }) => args[0].input);

beforeEach(() => {
  mock.ec2.reset();
});

describe('a network reader', () => {
  it('fm-08 reads page after page, until the token is empty', async () => {
    mock.ec2
      .on(DescribeVpcPeeringConnectionsCommand)
      .resolvesOnce({ VpcPeeringConnections: [peering('pcx-1')], NextToken: '1' })
      .resolvesOnce({ VpcPeeringConnections: [peering('pcx-2')], NextToken: '2' })
      .resolves({ VpcPeeringConnections: [], NextToken: '' });

    const read = await reader.listPeerings(signal);

    expect(read.map(({ id }) => id)).toEqual(['pcx-1', 'pcx-2']);
    expect(sent()).toEqual([undefined, '1', '2'].map((NextToken) => ({ MaxResults: 100, NextToken })));
  });

  it('fm-08 fails as a whole when a later page fails', async () => {
    mock.ec2
      .on(DescribeVpcPeeringConnectionsCommand)
      .resolvesOnce({ VpcPeeringConnections: [peering('pcx-1')], NextToken: '1' })
      .rejects(Object.assign(new Error('slow down'), { name: 'RequestLimitExceeded' }));

    await expect(reader.listPeerings(signal)).rejects.toMatchObject({
      code: 'THROTTLED',
      message: expect.stringContaining('source hub, account self, region us-east-1: ec2:DescribeVpcPeeringConnections'),
    });
  });

  it('puts at most 200 values into a filter, and reads all pages of each list', async () => {
    const ids = Array.from({ length: 201 }, (_, index) => `vpc-${index}`);
    mock.ec2.on(DescribeVpcsCommand).callsFake(({ Filters, NextToken }) => {
      const [first, ...others] = Filters[0].Values.map((VpcId: string) => ({ VpcId, CidrBlock: '10.0.0.0/16' }));
      return NextToken ? { Vpcs: others } : { Vpcs: [first], NextToken: 'more' };
    });

    const read = await reader.listVpcs(ids, signal);

    expect(read.map(({ vpcId }) => vpcId)).toEqual(ids);
    expect(sent()).toHaveLength(4);
  });

  it('makes no call without ids', async () => {
    expect(await reader.listServices([], signal)).toEqual([]);
    expect(mock.ec2.calls()).toHaveLength(0);
  });

  it('fm-23 accepts answers without optional fields', async () => {
    mock.ec2.on(DescribeVpcEndpointServicesCommand).resolves({ ServiceDetails: [{ ServiceName: 'svc' }] });
    mock.ec2.on(DescribeSubnetsCommand).resolves({ Subnets: [{}, { VpcId: 'vpc-1', AvailabilityZoneId: 'use1-az1' }] });
    mock.ec2.on(DescribeVpcsCommand).resolves({ Vpcs: [{ VpcId: 'vpc-1' }] });

    expect(await reader.listServices(['svc'], signal)).toEqual([{ name: 'svc', zoneIds: [], zoneNames: [] }]);
    expect(await reader.listSubnets(['vpc-1'], signal)).toEqual([{ vpcId: 'vpc-1', zoneId: 'use1-az1' }]);
    expect(await reader.listVpcs(['vpc-1'], signal)).toEqual([{ vpcId: 'vpc-1', ranges: [] }]);
  });

  it('fm-03 fails as a whole at an answer without its list', async () => {
    mock.ec2.on(DescribeSubnetsCommand).resolves({});

    await expect(reader.listSubnets(['vpc-1'], signal)).rejects.toMatchObject({ code: 'BAD_ANSWER' });
  });
});

function peering(VpcPeeringConnectionId: string) {
  return { VpcPeeringConnectionId, RequesterVpcInfo: {}, AccepterVpcInfo: {} };
}
