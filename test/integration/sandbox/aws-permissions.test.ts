import {
  CreateVpcEndpointCommand,
  DescribeVpcEndpointServiceConfigurationsCommand,
  DescribeVpcEndpointServicePermissionsCommand,
  DescribeVpcEndpointServicesCommand,
  ModifyVpcEndpointServicePermissionsCommand,
} from '@aws-sdk/client-ec2';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { type AwsServer, startAws } from '#sandbox/aws/server';
import type { EndpointService } from '#sandbox/aws/world/model';
import { type AwsWorld, createWorld } from '#sandbox/aws/world/world';
import { ec2Client } from '../../support/aws/ec2-client';

const provider = { account: '222222222222', region: 'us-east-1' };
const consumer = { account: '111111111111', region: 'us-east-1' };
const root = 'arn:aws:iam::111111111111:root';

let world: AwsWorld;
let aws: AwsServer;
let service: EndpointService;

beforeEach(async () => {
  world = createWorld();
  aws = await startAws(world);
  service = world.createService({ ...provider, principals: [] });
});

afterEach(() => aws.close());

const as = (place: typeof provider) => ec2Client(aws.url, place);

function modify(add: readonly string[], remove: readonly string[] = [], ServiceId = service.id) {
  const principals = { AddAllowedPrincipals: [...add], RemoveAllowedPrincipals: [...remove] };
  return as(provider).send(new ModifyVpcEndpointServicePermissionsCommand({ ServiceId, ...principals }));
}

async function principals(ServiceId = service.id) {
  const found = await as(provider).send(new DescribeVpcEndpointServicePermissionsCommand({ ServiceId }));
  return found.AllowedPrincipals?.map(({ Principal, PrincipalType }) => [Principal, PrincipalType]);
}

function connect() {
  const vpc = world.createVpc(consumer);
  return as(consumer).send(
    new CreateVpcEndpointCommand({ VpcEndpointType: 'Interface', VpcId: vpc.id, ServiceName: service.name }),
  );
}

describe('the permissions of a service in the sandbox', () => {
  it('hide the service from every account that is not allowed', async () => {
    const seen = await as(consumer).send(new DescribeVpcEndpointServicesCommand({}));

    expect(seen.ServiceDetails).toEqual([]);
    await expect(connect()).rejects.toMatchObject({ name: 'InvalidServiceName' });
    expect(() => world.createEndpoint({ ...consumer, serviceName: service.name, interfaces: [] })).toThrow(
      'does not exist',
    );
    expect(world.createEndpoint({ ...provider, serviceName: service.name, interfaces: [] }).state).toBe('available');
  });

  it.each([root, 'arn:aws:iam::111111111111:role/deployer', '*'])(
    'let an account connect that is allowed (%s)',
    async (principal) => {
      await modify([principal]);

      const seen = await as(consumer).send(new DescribeVpcEndpointServicesCommand({}));
      const { VpcEndpoint } = await connect();

      expect(seen.ServiceDetails?.map(({ ServiceId }) => ServiceId)).toEqual([service.id]);
      expect(VpcEndpoint?.ServiceName).toBe(service.name);
    },
  );

  it('change for later connections: existing endpoints stay', async () => {
    await modify([root]);
    const { VpcEndpoint } = await connect();
    await modify([], [root]);

    expect(world.endpoint(String(VpcEndpoint?.VpcEndpointId))?.state).toBe('available');
    await expect(connect()).rejects.toMatchObject({ name: 'InvalidServiceName' });
  });

  it('are listed with their kind, and page by page', async () => {
    const many = Array.from({ length: 6 }, (_, index) => `arn:aws:iam::11111111111${index}:user/one`);
    await modify(['*', root, ...many]);
    const paging = { ServiceId: service.id, MaxResults: 5 };
    const first = await as(provider).send(new DescribeVpcEndpointServicePermissionsCommand(paging));
    const { NextToken } = first;
    const second = await as(provider).send(new DescribeVpcEndpointServicePermissionsCommand({ ...paging, NextToken }));

    expect(await principals()).toEqual([['*', 'All'], [root, 'Account'], ...many.map((arn) => [arn, 'User'])]);
    expect([first.AllowedPrincipals?.length, second.AllowedPrincipals?.length]).toEqual([5, 3]);
  });

  it('are added once, with a fixed id, and removed without an error where they are missing', async () => {
    const first = await modify([root]);
    const second = await modify([root], ['arn:aws:iam::999999999999:root']);

    expect(first).toMatchObject({
      ReturnValue: true,
      AddedPrincipals: [
        { Principal: root, ServiceId: service.id, ServicePermissionId: expect.stringMatching(/^vpce-svc-perm-0/) },
      ],
    });
    expect(second).toMatchObject({ ReturnValue: true, AddedPrincipals: [] });
    expect(await principals()).toEqual([[root, 'Account']]);
  });

  it.each([
    ['a principal of no form', () => modify(['sd1']), 'InvalidPrincipal'],
    ['no principal', () => modify([]), 'MissingParameter'],
    [
      'a service of another account',
      () => modify([root], [], world.createService(consumer).id),
      'InvalidVpcEndpointServiceId.NotFound',
    ],
    ['principals of a missing service', () => principals('vpce-svc-0'), 'InvalidVpcEndpointServiceId.NotFound'],
  ])('do not change with %s, which AWS refuses', async (_, call, name) => {
    await expect(call()).rejects.toMatchObject({ name });
    expect(await principals()).toEqual([]);
  });

  it('are shown to the owner of the service alone, as the configuration is', async () => {
    const own = await as(provider).send(new DescribeVpcEndpointServiceConfigurationsCommand({}));
    const others = await as(consumer).send(new DescribeVpcEndpointServiceConfigurationsCommand({}));
    const byId = as(consumer).send(new DescribeVpcEndpointServiceConfigurationsCommand({ ServiceIds: [service.id] }));

    expect(own.ServiceConfigurations).toMatchObject([
      { ServiceId: service.id, AcceptanceRequired: false, NetworkLoadBalancerArns: [service.loadBalancerArn] },
    ]);
    expect(others.ServiceConfigurations).toEqual([]);
    await expect(byId).rejects.toMatchObject({ name: 'InvalidVpcEndpointServiceId.NotFound' });
  });
});
