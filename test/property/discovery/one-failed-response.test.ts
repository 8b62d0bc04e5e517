import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createConfirmGone } from '#discovery/confirm-gone';
import { createDiscoverer } from '#discovery/discover';
import { createSources } from '#discovery/sources';
import { credentialsOf } from '#sandbox/aws/credentials';
import type { Fault } from '#sandbox/aws/faults';
import { type AwsServer, startAws } from '#sandbox/aws/server';
import { type AwsWorld, createWorld } from '#sandbox/aws/world/world';
import { cloudMapConfig } from '../../support/aws/cloud-map';
import { ec2InstancesConfig } from '../../support/aws/ec2-instances';
import { vpcEndpointsConfig } from '../../support/aws/vpc-endpoints';
import { createFakeClock, createPasses, defaultPolicy, type Passes } from '../../support/passes';

const hub = { account: '222222222222', region: 'us-east-1' };

/** One absence is enough, and no brake: whatever seems to be absent leaves at once. */
const policy = { ...defaultPolicy, removeAfterAbsences: 1, removeAfterSeconds: 0, maxRemovePercent: 100 };

let world: AwsWorld;
let aws: AwsServer;
let passes: Passes;

/** More of everything than fits on two pages. */
function fill(): void {
  const { name: serviceName } = world.createService({ account: '333333333333', region: hub.region });
  const namespace = world.cloudMap.createNamespace({ ...hub, name: 'shared' });
  const { id: serviceId } = world.cloudMap.createHttpService({
    namespaceId: namespace.id,
    name: 'sd2',
    isHealthChecked: true,
  });
  for (let number = 1; number <= 11; number += 1) {
    const tags = { 'kong:domain': 'sd2' };
    world.createEndpoint({
      ...hub,
      serviceName,
      tags,
      interfaces: [{ zoneId: 'use1-az1', ip: `10.0.1.${number}` }],
    });
    world.createInstance({ ...hub, zoneId: 'use1-az2', ip: `10.0.2.${number}`, tags });
    const attributes = { AWS_INSTANCE_IPV4: `10.0.3.${number}` };
    world.cloudMap.registerInstance({ serviceId, id: `one-${number}`, attributes });
  }
}

const sourceOf = {
  'vpc-endpoints': vpcEndpointsConfig,
  'ec2-instances': ec2InstancesConfig,
  'cloud-map': cloudMapConfig,
};
type SourceName = keyof typeof sourceOf;

/** What a one-shot command has: nothing remembered but what the control plane holds. */
function openProcess(names: readonly SourceName[]) {
  const sources = names.map((name) => sourceOf[name]({ endpoint: aws.url }));
  const clock = createFakeClock();
  const created = createSources({ owner: 'test', sources }, { clock, pageSize: 5 });
  const discoverer = createDiscoverer(created, { clock, concurrency: 1 });
  return { discover: discoverer.discover, confirmGone: createConfirmGone(created) };
}

let current: ReturnType<typeof openProcess>;

/**
 * One pass of a new process. Returns its changes, its unreadable scopes, and its count of AWS
 * calls.
 */
async function pass(names: readonly SourceName[]) {
  current = openProcess(names);
  const before = aws.calls.length;
  const { changes, scopes } = await passes.pass();
  const unknown = scopes.filter(({ status }) => status === 'unknown').map(({ id }) => id);
  return { changes, unknown, calls: aws.calls.slice(before) };
}

beforeAll(async () => {
  const { accessKeyId, secretAccessKey } = credentialsOf(hub.account);
  Object.assign(process.env, {
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
    AWS_MAX_ATTEMPTS: '1',
  });
  world = createWorld();
  fill();
  aws = await startAws(world);
});

/** A control plane that holds what these sources discover. */
async function fillControlPlane(names: readonly SourceName[]): Promise<void> {
  passes = createPasses({
    policy,
    discover: (signal) => current.discover(signal),
    confirmGone: (missing, signal) => current.confirmGone(missing, signal),
  });
  await pass(names);
}

afterAll(() => aws.close());

const kinds: readonly Fault[] = [
  { kind: 'throttle' },
  { kind: 'error' },
  { kind: 'drop' },
  { kind: 'garbage' },
  { kind: 'expired' },
  { kind: 'denied' },
  { kind: 'emptyToken' },
];

/**
 * Each source alone with every fault, and all sources with one fault of each kind. The cost grows
 * with the product of calls and sources.
 */
const readings: readonly (readonly [readonly SourceName[], readonly Fault[]])[] = [
  [['vpc-endpoints'], kinds],
  [['ec2-instances'], kinds],
  [['cloud-map'], kinds],
  [
    ['vpc-endpoints', 'ec2-instances', 'cloud-map'],
    [{ kind: 'error' }, { kind: 'throttle' }, { kind: 'emptyToken' }],
  ],
];

describe.each(readings)('one faulty response of AWS to %j', (names, faults) => {
  beforeAll(() => fillControlPlane(names));

  it.each(faults)('fm-01, fm-02, fm-08 removes no target when its fault is $kind', async (fault) => {
    const { calls, changes, unknown } = await pass(names);
    expect({ changes, unknown }).toEqual({ changes: [], unknown: [] });
    expect(calls.length).toBeGreaterThan(3 * names.length);

    for (const [index, call] of calls.entries()) {
      const end = aws.inject({ ...fault, after: index, times: 1 });
      const struck = await pass(names);
      end();

      expect({ index, call, changes: struck.changes }).toEqual({ index, call, changes: [] });
      // A scope stays known without its zones and without its account.
      const harmless = ['DescribeAvailabilityZones', 'GetCallerIdentity'];
      const isHarmless = fault.kind === 'emptyToken' || harmless.includes(call.action);
      expect({ index, call, failed: struck.unknown.length }).toEqual({ index, call, failed: isHarmless ? 0 : 1 });
    }
  });
});

it('fm-01 an endpoint missing from complete answers is removed, so the tests above can fail', async () => {
  const names = ['vpc-endpoints', 'ec2-instances', 'cloud-map'] as const;
  await fillControlPlane(names);
  for (const { id } of world.endpoints().slice(0, 2)) world.setTags(id, {});

  const { changes } = await pass(names);

  expect(changes.map(({ action }) => action)).toEqual(['delete', 'delete']);
});
