import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { ScopeState } from '#core/model';
import { createDiscoverer } from '#discovery/discover';
import { createSources } from '#discovery/sources';
import type { HttpService, Namespace } from '#sandbox/aws/cloud-map/world';
import { type AwsServer, startAws } from '#sandbox/aws/server';
import { type AwsWorld, createWorld } from '#sandbox/aws/world/world';
import { zonesOf } from '#sandbox/aws/world/zones';
import { cloudMapConfig } from '../../support/aws/cloud-map';
import { keysOf } from '../../support/aws/keys';
import { createFakeClock } from '../../support/passes';

const region = 'us-east-1';
const hub = { account: '222222222222', region };
const signal = new AbortController().signal;

let world: AwsWorld;
let aws: AwsServer;
let namespace: Namespace;
let service: HttpService;

beforeEach(async () => {
  world = createWorld();
  namespace = world.cloudMap.createNamespace({ ...hub, name: 'shared', sharedWith: ['444444444444'] });
  service = world.cloudMap.createHttpService({ namespaceId: namespace.id, name: 'employees', isHealthChecked: true });
  aws = await startAws(world);
  useAccount(hub.account);
});

afterEach(() => aws.close());

/** The SDK reads the process's own environment. Jest resets it for each test file. */
function useAccount(account: string): void {
  Object.assign(process.env, keysOf(account), { AWS_MAX_ATTEMPTS: '1' });
}

function register(id: string, ip: string, attributes: Readonly<Record<string, string>> = {}): void {
  world.cloudMap.registerInstance({ serviceId: service.id, id, attributes: { AWS_INSTANCE_IPV4: ip, ...attributes } });
}

function discovererOf(over: Readonly<Record<string, unknown>> = {}) {
  const source = cloudMapConfig({ endpoint: aws.url, ...over });
  const clock = createFakeClock();
  return createDiscoverer(createSources({ owner: 'test', sources: [source] }, { clock }), { clock });
}

async function discover(over?: Readonly<Record<string, unknown>>): Promise<ScopeState | undefined> {
  return (await discovererOf(over).discover(signal)).scopes[0];
}

/** State and address of each endpoint when the scope is known, otherwise the error code. */
function overview(state: ScopeState | undefined) {
  if (state?.status !== 'known') return state?.code;
  return state.discovered.endpoints.map((one) => [one.state, ...one.addresses.map(({ ip }) => ip)].join(' '));
}

describe('discovery of Cloud Map', () => {
  it('fm-08 reads more instances than one page and one DiscoverInstances hold', async () => {
    const ips = Array.from({ length: 250 }, (_, index) => `10.0.${Math.floor(index / 250)}.${index + 1}`);
    for (const [index, ip] of ips.entries()) register(`i-${index}`, ip);

    const found = overview(await discover());

    expect([found].flat().sort()).toEqual(ips.map((ip) => `available ${ip}`).sort());
  });

  it('fm-21 keeps an instance while Cloud Map calls it unhealthy, and routes to it again afterwards', async () => {
    register('one', '10.0.0.1', { AWS_INSTANCE_PORT: '8080' });
    const discoverer = discovererOf();
    const states = [];

    for (const health of ['HEALTHY', 'UNHEALTHY', 'HEALTHY'] as const) {
      world.cloudMap.setHealth(service.id, 'one', health);
      states.push(overview((await discoverer.discover(signal)).scopes[0]));
    }

    expect(states).toEqual([['available 10.0.0.1'], ['partial 10.0.0.1'], ['available 10.0.0.1']]);
  });

  it('fm-04 is known and empty when the service has no instances', async () => {
    expect(overview(await discover())).toEqual([]);
  });

  it.each([
    ['namespace', { namespace: 'gone' }, 'no Cloud Map namespace gone'],
    ['service', { services: ['gone'] }, 'no service gone'],
  ])('is unknown, with the reason, when the %s does not exist', async (_, over, words) => {
    expect(await discover(over)).toMatchObject({
      status: 'unknown',
      reason: expect.stringMatching(`source registry, account self, region us-east-1: .*${words}`),
    });
  });

  it.each([
    ['by name', () => 'shared'],
    ['by id', () => namespace.id],
    ['by ARN', () => namespace.arn],
  ])('reads a namespace that another account shares, %s', async (_, named) => {
    register('one', '10.0.0.1');
    world.cloudMap.setHealth(service.id, 'one', 'UNHEALTHY');
    useAccount('444444444444');

    expect(overview(await discover({ namespace: named() }))).toEqual(['partial 10.0.0.1']);
  });

  it('reads with the role of the account', async () => {
    const role = world.createRole({ ...hub, name: 'kong-privatelink', externalId: 'hub' });
    register('one', '10.0.0.1');
    useAccount('555555555555');

    const state = await discover({ accounts: [{ roleArn: role.arn, externalId: 'hub' }] });

    expect(overview(state)).toEqual(['available 10.0.0.1']);
  });
});

describe('the zone of an ECS task', () => {
  const { name } = zonesOf(hub).find(({ id }) => id === 'use1-az2') ?? { name: '' };
  const ecs = { AVAILABILITY_ZONE: name, REGION: region, ECS_CLUSTER_NAME: 'main' };

  const zoneIds = async () => {
    const state = await discover();
    if (state?.status !== 'known') throw new Error(state?.reason);
    return state.discovered.endpoints.map(({ addresses }) => addresses[0]?.zoneId);
  };

  it("follows from the zone's name in the account that registered the task, if this account is read", async () => {
    register('one', '10.0.0.1', ecs);

    expect(await zoneIds()).toEqual(['use1-az2']);
  });

  it('is unknown if another account registered the task, because zone names differ by account', async () => {
    const attributes = { AWS_INSTANCE_IPV4: '10.0.0.1', ...ecs };
    world.cloudMap.registerInstance({ serviceId: service.id, id: 'one', attributes, createdBy: '444444444444' });

    expect(await zoneIds()).toEqual([undefined]);
  });

  it('is unknown, and nothing else fails, if zones may not be read', async () => {
    register('one', '10.0.0.1', ecs);
    aws.inject({ kind: 'denied', action: 'DescribeAvailabilityZones' });

    expect(await zoneIds()).toEqual([undefined]);
  });
});

describe('a failing Cloud Map', () => {
  beforeEach(() => {
    for (let index = 1; index <= 150; index += 1) register(`i-${index}`, `10.0.0.${index}`);
  });

  it.each(['ListInstances', 'GetInstancesHealthStatus'])(
    'fm-08 is unknown when page 2 of %s is throttled, and keeps its last good',
    async (action) => {
      const discoverer = discovererOf();
      await discoverer.discover(signal);
      aws.inject({ kind: 'throttle', action, after: 1 });

      const [state] = (await discoverer.discover(signal)).scopes;

      expect(state).toMatchObject({
        status: 'unknown',
        code: 'THROTTLED',
        reason: expect.stringContaining(`servicediscovery:${action} failed: Rate exceeded`),
      });
      expect(state?.status === 'unknown' && state.lastGood?.discovered.endpoints).toHaveLength(150);
    },
  );

  it.each([
    ['ListNamespaces', 'denied', 'ACCESS_DENIED', 'allow servicediscovery:ListNamespaces'],
    ['ListServices', 'expired', 'CREDENTIALS', 'check that they have not expired'],
    ['ListInstances', 'error', 'AWS', 'internal error'],
    ['ListInstances', 'garbage', 'BAD_ANSWER', 'no proxy answers'],
  ] as const)('fm-02 is unknown when %s answers %s', async (action, kind, code, words) => {
    aws.inject({ kind, action });

    expect(await discover()).toMatchObject({ status: 'unknown', code, reason: expect.stringContaining(words) });
  });

  it.each(['Namespaces', 'Services', 'Instances', 'Status', 'Id', 'Name'])(
    'fm-03 is unknown when AWS leaves %s out',
    async (field) => {
      aws.inject({ kind: 'omit', field });

      expect(overview(await discover())).toBe('BAD_ANSWER');
    },
  );

  it.each(['Arn', 'ResourceOwner', 'Type', 'Properties'])('fm-23 works without %s', async (field) => {
    aws.inject({ kind: 'omit', field });

    expect(overview(await discover())).toHaveLength(150);
  });
});
