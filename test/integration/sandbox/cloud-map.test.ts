import {
  DeregisterInstanceCommand,
  DiscoverInstancesCommand,
  DiscoverInstancesRevisionCommand,
  GetInstancesHealthStatusCommand,
  GetNamespaceCommand,
  GetOperationCommand,
  ListInstancesCommand,
  ListNamespacesCommand,
  ListServicesCommand,
  RegisterInstanceCommand,
  ServiceDiscoveryClient,
} from '@aws-sdk/client-servicediscovery';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { HttpService, Namespace } from '#sandbox/aws/cloud-map/world';
import { credentialsOf } from '#sandbox/aws/credentials';
import { type AwsServer, startAws } from '#sandbox/aws/server';
import { type AwsWorld, createWorld } from '#sandbox/aws/world/world';

process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = 'true';

const region = 'us-east-1';
const owner = { account: '111111111111', region };
const guest = { account: '222222222222', region };
const transitionMs = 5_000;

let nowMs: number;
let world: AwsWorld;
let aws: AwsServer;
let namespace: Namespace;
let service: HttpService;
let clients: ServiceDiscoveryClient[];
let cloudMap: ServiceDiscoveryClient;

beforeEach(async () => {
  nowMs = Date.UTC(2026, 10, 1);
  world = createWorld({ now: () => nowMs, transitionMs });
  namespace = world.cloudMap.createNamespace({ ...owner, name: 'shared', sharedWith: [guest.account] });
  service = world.cloudMap.createHttpService({ namespaceId: namespace.id, name: 'employees', isHealthChecked: true });
  aws = await startAws(world);
  clients = [];
  cloudMap = clientOf(owner.account);
});

afterEach(async () => {
  for (const client of clients) client.destroy();
  await aws.close();
});

function clientOf(account: string): ServiceDiscoveryClient {
  const credentials = credentialsOf(account);
  const client = new ServiceDiscoveryClient({
    endpoint: aws.url,
    region,
    credentials,
    maxAttempts: 1,
    disableHostPrefix: true,
  });
  clients.push(client);
  return client;
}

function register(count: number): void {
  for (let index = 0; index < count; index += 1) {
    const attributes = { AWS_INSTANCE_IPV4: `10.0.${index >> 8}.${index & 255}` };
    world.cloudMap.registerInstance({ serviceId: service.id, id: `i-${index}`, attributes });
  }
  nowMs += transitionMs;
}

const named = { NamespaceName: 'shared', ServiceName: 'employees' };

async function discover(over: Partial<DiscoverInstancesCommand['input']> = {}) {
  const { Instances = [] } = await cloudMap.send(new DiscoverInstancesCommand({ ...named, ...over }));
  return Instances.map(({ InstanceId }) => InstanceId);
}

describe('namespaces and services', () => {
  it('are listed with their owner, ARN and age', async () => {
    const { Namespaces } = await cloudMap.send(new ListNamespacesCommand({}));
    const { Services } = await cloudMap.send(
      new ListServicesCommand({ Filters: [{ Name: 'NAMESPACE_ID', Values: [namespace.id] }] }),
    );

    const CreateDate = new Date(nowMs);
    expect(Namespaces).toMatchObject([
      { Id: namespace.id, Arn: namespace.arn, Name: 'shared', ResourceOwner: owner.account, CreateDate },
    ]);
    expect(Services).toMatchObject([
      { Id: service.id, Name: 'employees', HealthCheckCustomConfig: { FailureThreshold: 1 }, CreateDate },
    ]);
  });

  it('of other accounts are found by ARN alone', async () => {
    const client = clientOf(guest.account);

    const byArn = await client.send(new GetNamespaceCommand({ Id: namespace.arn }));
    const instances = await client.send(new ListInstancesCommand({ ServiceId: service.arn }));

    expect([byArn.Namespace?.Name, instances.Instances]).toEqual(['shared', []]);
    await expect(client.send(new GetNamespaceCommand({ Id: namespace.id }))).rejects.toMatchObject({
      name: 'NamespaceNotFound',
    });
    await expect(client.send(new ListInstancesCommand({ ServiceId: service.id }))).rejects.toMatchObject({
      name: 'ServiceNotFound',
    });
  });

  it('are hidden from accounts with which they are not shared', async () => {
    expect(await clientOf('333333333333').send(new ListNamespacesCommand({}))).toMatchObject({ Namespaces: [] });
  });
});

describe('instances', () => {
  it('are listed in pages of 100', async () => {
    register(250);
    const ids: (string | undefined)[] = [];
    const sizes: number[] = [];
    let NextToken: string | undefined;
    do {
      const page = await cloudMap.send(new ListInstancesCommand({ ServiceId: service.id, NextToken }));
      ids.push(...(page.Instances ?? []).map(({ Id }) => Id));
      sizes.push(page.Instances?.length ?? 0);
      NextToken = page.NextToken;
    } while (NextToken);

    expect(sizes).toEqual([100, 100, 50]);
    expect(new Set(ids).size).toBe(250);
  });

  it('are discovered in no order, and cut off without a warning', async () => {
    register(250);

    const [cut, one, other] = [
      await discover(),
      await discover({ MaxResults: 1000 }),
      await discover({ MaxResults: 1000 }),
    ];

    expect([cut.length, one.length]).toEqual([100, 250]);
    expect(one).not.toEqual(other);
    expect([...one].sort()).toEqual([...other].sort());
  });

  it('appear and leave a while after their registration and deregistration', async () => {
    const instance = { ServiceId: service.id, InstanceId: 'one' };
    const statuses: (string | undefined)[] = [];
    const look = async (OperationId: string | undefined) => {
      const { Operation } = await cloudMap.send(new GetOperationCommand({ OperationId }));
      statuses.push(Operation?.Status, (await discover()).join());
    };

    const registered = await cloudMap.send(
      new RegisterInstanceCommand({ ...instance, Attributes: { AWS_INSTANCE_IPV4: '10.0.0.1', 'kong:domain': 'sd2' } }),
    );
    await look(registered.OperationId);
    nowMs += transitionMs;
    await look(registered.OperationId);
    const deregistered = await cloudMap.send(new DeregisterInstanceCommand(instance));
    nowMs += transitionMs;
    await look(deregistered.OperationId);

    expect(statuses).toEqual(['PENDING', '', 'SUCCESS', 'one', 'SUCCESS', '']);
  });

  it.each([
    ['an attribute key with a space', { 'a b': 'c' }],
    ['a value that starts with a space', { a: ' b' }],
    ['31 attributes', Object.fromEntries(Array.from({ length: 31 }, (_, index) => [`k${index}`, 'v']))],
  ])('are refused with %s', async (_, Attributes) => {
    await expect(
      cloudMap.send(new RegisterInstanceCommand({ ServiceId: service.id, InstanceId: 'one', Attributes })),
    ).rejects.toMatchObject({ name: 'InvalidInput' });
  });
});

describe('health', () => {
  beforeEach(() => {
    register(2);
    world.cloudMap.setHealth(service.id, 'i-0', 'UNHEALTHY');
  });

  it.each([
    ['ALL', ['i-0', 'i-1']],
    ['HEALTHY', ['i-1']],
    ['UNHEALTHY', ['i-0']],
    ['HEALTHY_OR_ELSE_ALL', ['i-1']],
  ] as const)('%s filters the discovered instances', async (HealthStatus, expected) => {
    expect((await discover({ HealthStatus })).sort()).toEqual(expected);
  });

  it('HEALTHY_OR_ELSE_ALL returns all when none is healthy', async () => {
    world.cloudMap.setHealth(service.id, 'i-1', 'UNHEALTHY');

    expect(await discover({ HealthStatus: 'HEALTHY_OR_ELSE_ALL' })).toHaveLength(2);
  });

  it('is set for each instance, and does not change the revision', async () => {
    const revision = async () => (await cloudMap.send(new DiscoverInstancesRevisionCommand(named))).InstancesRevision;
    const before = await revision();
    world.cloudMap.setHealth(service.id, 'i-1', 'UNKNOWN');

    const { Status } = await cloudMap.send(new GetInstancesHealthStatusCommand({ ServiceId: service.id }));

    expect(Status).toEqual({ 'i-0': 'UNHEALTHY', 'i-1': 'UNKNOWN' });
    expect([before, await revision()]).toEqual([2, 2]);
  });
});

describe('faults', () => {
  it.each([
    ['throttle', 'ThrottlingException'],
    ['denied', 'AccessDeniedException'],
    ['expired', 'ExpiredTokenException'],
    ['error', 'InternalFailure'],
  ] as const)('%s answers %s', async (kind, name) => {
    aws.inject({ kind, action: 'ListNamespaces' });

    await expect(cloudMap.send(new ListNamespacesCommand({}))).rejects.toMatchObject({ name });
  });
});
