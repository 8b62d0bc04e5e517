import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  CreateSubnetCommand,
  CreateVpcCommand,
  CreateVpcEndpointServiceConfigurationCommand,
  EC2Client,
  ModifyVpcEndpointServicePermissionsCommand,
} from '@aws-sdk/client-ec2';
import {
  CreateListenerCommand,
  CreateLoadBalancerCommand,
  CreateTargetGroupCommand,
  ElasticLoadBalancingV2Client,
  RegisterTargetsCommand,
} from '@aws-sdk/client-elastic-load-balancing-v2';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { configSchema } from '#config/schema';
import { createAwsAccess } from '#discovery/aws/access';
import { createEndpointServiceReader } from '#discovery/aws/readers/services';
import { openContracts } from '#discovery/contracts/open';
import { describeWithMoto, type Moto, motoCredentials, startMoto } from '../../support/aws/moto';
import { endlessBudget } from '../../support/aws/vpc-endpoints';
import { createFakeClock } from '../../support/passes';

const region = 'us-east-1';
const { signal } = new AbortController();

/** moto refuses DescribeVpcEndpointConnections. Everything else is known nevertheless. */
describeWithMoto('contracts against moto', () => {
  let moto: Moto;
  let ec2: EC2Client;
  let balancers: ElasticLoadBalancingV2Client;
  let stateDir: string;
  let serviceId: string;
  let arn: string;

  beforeAll(async () => {
    moto = await startMoto();
    const settings = { region, endpoint: moto.url, credentials: motoCredentials };
    ec2 = new EC2Client(settings);
    balancers = new ElasticLoadBalancingV2Client(settings);
    stateDir = mkdtempSync(join(tmpdir(), 'kong-privatelink-'));
    const { Vpc } = await ec2.send(new CreateVpcCommand({ CidrBlock: '10.9.0.0/16' }));
    const VpcId = Vpc?.VpcId ?? '';
    const { Subnet } = await ec2.send(
      new CreateSubnetCommand({ VpcId, CidrBlock: '10.9.1.0/24', AvailabilityZone: 'us-east-1a' }),
    );
    const { LoadBalancers } = await balancers.send(
      new CreateLoadBalancerCommand({ Name: 'provider', Type: 'network', Subnets: [Subnet?.SubnetId ?? ''] }),
    );
    arn = LoadBalancers?.[0]?.LoadBalancerArn ?? '';
    const { TargetGroups } = await balancers.send(
      new CreateTargetGroupCommand({ Name: 'provider', Protocol: 'TCP', Port: 443, VpcId, TargetType: 'ip' }),
    );
    const TargetGroupArn = TargetGroups?.[0]?.TargetGroupArn ?? '';
    await balancers.send(
      new CreateListenerCommand({
        LoadBalancerArn: arn,
        Protocol: 'TCP',
        Port: 443,
        DefaultActions: [{ Type: 'forward', TargetGroupArn }],
      }),
    );
    await balancers.send(new RegisterTargetsCommand({ TargetGroupArn, Targets: [{ Id: '10.9.1.10', Port: 443 }] }));
    const { ServiceConfiguration } = await ec2.send(
      new CreateVpcEndpointServiceConfigurationCommand({ NetworkLoadBalancerArns: [arn], AcceptanceRequired: true }),
    );
    serviceId = ServiceConfiguration?.ServiceId ?? '';
  }, 60_000);

  afterAll(() => {
    ec2?.destroy();
    balancers?.destroy();
    moto?.close();
    if (stateDir) rmSync(stateDir, { recursive: true });
  });

  function read(id: string) {
    const config = configSchema.parse({
      owner: 'moto',
      stateDir,
      sources: [{ name: 'hub', type: 'vpc-endpoints', regions: [region] }],
      controlPlane: { type: 'konnect', name: 'prod', token: 'kpat_test' },
      contracts: { services: [{ id, region, endpoint: moto.url }], consumers: {} },
    });
    return openContracts(config, { aws: createAwsAccess(createFakeClock()) })?.read(signal);
  }

  it('reads the setup, the principals and the targets of a service', async () => {
    const principals = ['arn:aws:iam::111111111111:root', 'arn:aws:iam::333333333333:role/deployer'];
    await ec2.send(
      new ModifyVpcEndpointServicePermissionsCommand({ ServiceId: serviceId, AddAllowedPrincipals: principals }),
    );

    const view = await read(serviceId);

    expect(view?.services).toMatchObject([
      {
        setup: { status: 'known', value: { acceptanceRequired: true, loadBalancerArns: [arn], zoneIds: ['use1-az6'] } },
        permissions: { status: 'known', value: principals.map((principal) => ({ principal })) },
        health: { status: 'known', value: [{ healthy: 1, unhealthy: 0 }] },
        connections: { status: 'unknown' },
      },
    ]);
  });

  it('reports a missing service as unknown', async () => {
    const view = await read('vpce-svc-0123456789abcdef0');

    const unknown = {
      status: 'unknown',
      code: 'OTHER_ACCOUNT',
      reason: expect.stringContaining('AWS knows no endpoint'),
    };
    expect(view?.services).toMatchObject([{ setup: unknown, permissions: unknown }]);
  });

  it('asks with a filter, so that a missing service does not hide the others', async () => {
    const reader = createEndpointServiceReader({
      scope: { id: 'contracts.self.us-east-1', source: 'contracts', account: 'self', region },
      client: async () => ec2,
      budget: endlessBudget,
      pageSize: 1_000,
    });

    const found = await reader.listServices(['vpce-svc-0123456789abcdef0', serviceId], signal);

    expect(found.map(({ id }) => id)).toContain(serviceId);
  });
});
