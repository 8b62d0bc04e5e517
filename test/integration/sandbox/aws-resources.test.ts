import {
  DescribeVpcEndpointAssociationsCommand,
  type DescribeVpcEndpointAssociationsCommandInput,
  DescribeVpcEndpointsCommand,
  type EC2Client,
} from '@aws-sdk/client-ec2';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { type AwsServer, startAws } from '#sandbox/aws/server';
import type { ResourceSpec } from '#sandbox/aws/world/associations';
import { type AwsWorld, createWorld } from '#sandbox/aws/world/world';
import { ec2Client } from '../../support/aws/ec2-client';

const consumer = { account: '111111111111', region: 'us-east-1' };
const arn = 'arn:aws:vpc-lattice:us-east-1:222222222222:resourceconfiguration/rcfg-07129f3acded87625';

let world: AwsWorld;
let server: AwsServer;
let ec2: EC2Client;

beforeEach(async () => {
  world = createWorld();
  server = await startAws(world);
  ec2 = ec2Client(server.url, consumer);
});

afterEach(async () => {
  ec2.destroy();
  await server.close();
});

function addResourceEndpoint(resources: readonly ResourceSpec[], account = consumer.account) {
  const { name } = world.createService(consumer);
  const interfaces = [{ zoneId: 'use1-az1' }];
  return world.createEndpoint({ ...consumer, account, serviceName: name, interfaces, type: 'Resource', resources });
}

async function associationsOf(input: DescribeVpcEndpointAssociationsCommandInput) {
  return (await ec2.send(new DescribeVpcEndpointAssociationsCommand(input))).VpcEndpointAssociations;
}

it('an endpoint for a single resource has its resource configuration, and no service', async () => {
  const { id } = addResourceEndpoint([{ arn }]);

  const { VpcEndpoints } = await ec2.send(new DescribeVpcEndpointsCommand({ VpcEndpointIds: [id] }));

  expect(VpcEndpoints).toMatchObject([{ VpcEndpointType: 'Resource', ResourceConfigurationArn: arn }]);
  expect(VpcEndpoints?.[0]).not.toHaveProperty('ServiceName');
});

describe('DescribeVpcEndpointAssociations', () => {
  it('describes each resource of the caller, with the reason of a failure', async () => {
    const failure = { code: 'Gone', message: 'the resource configuration is deleted' };
    const { id } = addResourceEndpoint([{ arn }, { accessibility: 'Inaccessible', failure }]);
    addResourceEndpoint([{ arn }], '333333333333');

    expect(await associationsOf({})).toEqual([
      {
        Id: expect.stringMatching(/^vpce-rsc-asc-[0-9a-f]{17}$/),
        VpcEndpointId: id,
        AssociatedResourceAccessibility: 'Accessible',
        AssociatedResourceArn: arn,
      },
      {
        Id: expect.stringMatching(/^vpce-rsc-asc-[0-9a-f]{17}$/),
        VpcEndpointId: id,
        AssociatedResourceAccessibility: 'Inaccessible',
        AssociatedResourceArn: expect.stringMatching(/:resourceconfiguration\/rcfg-[0-9a-f]{17}$/),
        FailureCode: failure.code,
        FailureReason: failure.message,
      },
    ]);
  });

  it('finds resources by the endpoint, as a filter and by its id', async () => {
    addResourceEndpoint([{}]);
    const { id } = addResourceEndpoint([{}]);

    const found = [
      await associationsOf({ Filters: [{ Name: 'vpc-endpoint-id', Values: [id] }] }),
      await associationsOf({ VpcEndpointIds: [id] }),
    ];

    expect(found).toMatchObject([[{ VpcEndpointId: id }], [{ VpcEndpointId: id }]]);
  });

  it('refuses pages of more than a hundred', async () => {
    await expect(associationsOf({ MaxResults: 101 })).rejects.toMatchObject({ name: 'InvalidParameterValue' });
  });

  it('follows changed resources, and a recreated endpoint keeps its resources', async () => {
    const { id } = addResourceEndpoint([{}, {}]);
    world.setResources(id, [{ arn, accessibility: 'Inaccessible' }]);

    const next = world.recreateEndpoint(id, { interfaces: [{ zoneId: 'use1-az1' }] });

    expect(await associationsOf({})).toMatchObject([
      { VpcEndpointId: next.id, AssociatedResourceArn: arn, AssociatedResourceAccessibility: 'Inaccessible' },
    ]);
  });
});
