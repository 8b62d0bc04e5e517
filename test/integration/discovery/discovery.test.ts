import { isDeepStrictEqual } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { configSchema } from '#config/schema';
import type { Snapshot } from '#core/model';
import { createDiscoverer, type DiscoverOptions } from '#discovery/discover';
import { createSources } from '#discovery/sources';
import { credentialsOf } from '#sandbox/aws/credentials';
import { type AwsServer, startAws } from '#sandbox/aws/server';
import { type AwsWorld, createWorld } from '#sandbox/aws/world/world';
import { createFakeClock } from '../../support/passes';
import { until } from '../../support/until';

const hub = '222222222222';
const accounts = ['444444444444', '555555555555'];
const regions = ['us-east-1', 'us-west-2'];
const signal = new AbortController().signal;

let world: AwsWorld;
let aws: AwsServer;
let serviceNames: ReadonlyMap<string, string>;

beforeEach(async () => {
  world = createWorld();
  serviceNames = new Map(
    regions.map((region) => [region, world.createService({ account: '333333333333', region }).name]),
  );
  aws = await startAws(world);
  useKey(credentialsOf(hub));
});

afterEach(() => aws.close());

/** The SDK reads the process's own environment. Jest resets it for each test file. */
function useKey({ accessKeyId, secretAccessKey }: { readonly accessKeyId: string; readonly secretAccessKey: string }) {
  Object.assign(process.env, {
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
    AWS_MAX_ATTEMPTS: '1',
  });
}

function addEndpoint(account: string, ip: string, region = 'us-east-1'): string {
  const zoneId = region === 'us-east-1' ? 'use1-az1' : 'usw2-az1';
  const serviceName = serviceNames.get(region) ?? '';
  const tags = { 'kong:domain': 'sd2' };
  return world.createEndpoint({ account, region, serviceName, tags, interfaces: [{ zoneId, ip }] }).id;
}

type SourceOver = Readonly<Record<string, unknown>>;

function discovererOf(over: SourceOver = {}, options: Partial<DiscoverOptions> = {}, pageSize?: number) {
  const config = configSchema.parse({
    owner: 'test',
    sources: [{ type: 'vpc-endpoints', name: 'hub', regions: ['us-east-1'], endpoint: aws.url, ...over }],
    controlPlane: { type: 'konnect', name: 'prod', token: 'kpat_test' },
  });
  return createDiscoverer(createSources(config, { pageSize, clock: createFakeClock() }), {
    clock: createFakeClock(),
    ...options,
  });
}

/** Scope ids, each with its addresses when the scope is known, otherwise with the error code. */
function overview({ scopes }: Snapshot) {
  return scopes.map((one) => [
    one.scope.id,
    one.status === 'unknown' ? one.code : one.discovered.endpoints.flatMap((e) => e.addresses.map(({ ip }) => ip)),
  ]);
}

/**
 * Jest gives tests their own `Error`, so this test cannot tell Node's codes apart. The unit tests
 * of aws-errors do.
 */
const nodeError = expect.stringMatching(/^(UNREACHABLE|AWS)$/);

describe('accounts and regions', () => {
  const roles = () =>
    accounts.map((account) => {
      const role = world.createRole({ account, name: 'kong-privatelink', externalId: `id-${account}` });
      return { roleArn: role.arn, externalId: `id-${account}` };
    });

  it('are each read with their own role and external id', async () => {
    for (const region of regions) addEndpoint(hub, `10.1.0.${regions.indexOf(region)}`, region);
    const readers = roles();
    addEndpoint('444444444444', '10.4.0.1');
    addEndpoint('555555555555', '10.5.0.1', 'us-west-2');

    const snapshot = await discovererOf({ accounts: readers, regions }).discover(signal);

    expect(overview(snapshot)).toEqual([
      ['hub.444444444444.us-east-1', ['10.4.0.1']],
      ['hub.444444444444.us-west-2', []],
      ['hub.555555555555.us-east-1', []],
      ['hub.555555555555.us-west-2', ['10.5.0.1']],
    ]);
  });

  it('fm-02 go on without the account whose role does not trust this identity', async () => {
    const [first, second] = roles();
    addEndpoint('444444444444', '10.4.0.1');

    const snapshot = await discovererOf({ accounts: [first, { ...second, externalId: 'wrong' }] }).discover(signal);

    expect(overview(snapshot)).toEqual([
      ['hub.444444444444.us-east-1', ['10.4.0.1']],
      ['hub.555555555555.us-east-1', 'ACCESS_DENIED'],
    ]);
    expect(snapshot.scopes[1]).toMatchObject({ reason: expect.stringContaining('sts:AssumeRole failed') });
  });
});

describe('a failing AWS', () => {
  it.each([
    ['denied', 'ACCESS_DENIED', 'allow ec2:DescribeVpcEndpoints'],
    ['throttle', 'THROTTLED', 'Request limit exceeded'],
    ['expired', 'CREDENTIALS', 'Request has expired'],
    ['error', 'AWS', 'An internal error'],
    ['drop', nodeError, 'ec2:DescribeVpcEndpoints failed'],
    ['garbage', 'BAD_ANSWER', 'no proxy answers'],
    ['hang', 'TIMEOUT', 'did not answer within'],
  ] as const)(
    'fm-02 makes the scope unknown at %s, with code %s, and the scope keeps its last good',
    async (kind, code, words) => {
      addEndpoint(hub, '10.2.0.1');
      const discoverer = discovererOf({}, { scopeTimeoutSeconds: kind === 'hang' ? 1.5 : 10 });
      await until('the scope is known', async () => {
        const before = await discoverer.discover(signal);
        return isDeepStrictEqual(overview(before), [['hub.self.us-east-1', ['10.2.0.1']]]);
      });
      aws.inject({ kind, action: 'DescribeVpcEndpoints' });

      const { scopes } = await discoverer.discover(signal);

      expect(scopes).toMatchObject([
        {
          status: 'unknown',
          code,
          reason: expect.stringContaining(words),
          lastGood: { discovered: { endpoints: [{ addresses: [{ ip: '10.2.0.1' }] }] } },
        },
      ]);
    },
  );

  it.each(['DescribeVpcEndpoints', 'DescribeNetworkInterfaces'])(
    'fm-03 makes the scope unknown when the second page or the interfaces fail: %s',
    async (action) => {
      for (let index = 1; index <= 7; index += 1) addEndpoint(hub, `10.2.0.${index}`);
      aws.inject({ kind: 'throttle', action, after: action === 'DescribeVpcEndpoints' ? 1 : 0 });

      expect(overview(await discovererOf({}, {}, 5).discover(signal))).toEqual([['hub.self.us-east-1', 'THROTTLED']]);
    },
  );

  it('fm-11 quarantines an endpoint if AWS does not find its interface, and reads the rest', async () => {
    const whole = addEndpoint(hub, '10.2.0.1');
    const broken = addEndpoint(hub, '10.2.0.2');
    world.detachInterface(String(world.endpoint(broken)?.interfaces[0]?.id));

    const [state] = (await discovererOf().discover(signal)).scopes;

    expect(state).toMatchObject({
      status: 'known',
      discovered: { endpoints: [{ id: whole }], quarantined: [{ endpointId: broken, code: 'missing-field' }] },
    });
  });

  it('is CREDENTIALS when it refuses the key', async () => {
    useKey({ accessKeyId: 'AKIAUNKNOWN', secretAccessKey: 'x' });

    expect(overview(await discovererOf().discover(signal))).toEqual([['hub.self.us-east-1', 'CREDENTIALS']]);
  });

  it('is unknown when no server listens', async () => {
    const discoverer = discovererOf();
    await aws.close();

    const snapshot = await discoverer.discover(signal);

    aws = await startAws(world);
    expect(overview(snapshot)).toEqual([['hub.self.us-east-1', nodeError]]);
  });
});

describe('an answer of AWS that is not complete', () => {
  it('fm-08 never happens between pages: discovery reads every page', async () => {
    const ips = Array.from({ length: 12 }, (_, index) => `10.2.0.${index + 1}`);
    for (const ip of ips) addEndpoint(hub, ip);

    const [[, held] = []] = overview(await discovererOf({}, {}, 5).discover(signal));

    expect([held].flat().sort()).toEqual([...ips].sort());
  });

  it('fm-04 is known when the region has no endpoint', async () => {
    expect(overview(await discovererOf().discover(signal))).toEqual([['hub.self.us-east-1', []]]);
  });

  it.each(['AvailabilityZoneId', 'DnsEntrySet', 'VpcId', 'ServiceName', 'PrivateIpAddressesSet'])(
    'fm-23 does not exclude an endpoint that lacks its %s',
    async (field) => {
      addEndpoint(hub, '10.2.0.1');
      aws.inject({ kind: 'omit', field });

      expect(overview(await discovererOf().discover(signal))).toEqual([['hub.self.us-east-1', ['10.2.0.1']]]);
    },
  );

  it.each([
    ['State', 'missing-field'],
    ['CreationTimestamp', 'missing-field'],
    ['NetworkInterfaceIdSet', 'missing-field'],
    ['PrivateIpAddress', 'missing-field'],
    ['TagSet', 'bad-tag'],
  ])('fm-23 quarantines an endpoint that lacks its %s', async (field, code) => {
    addEndpoint(hub, '10.2.0.1');
    aws.inject({ kind: 'omit', field });

    const { scopes } = await discovererOf().discover(signal);

    expect(scopes).toMatchObject([{ status: 'known', discovered: { endpoints: [], quarantined: [{ code }] } }]);
  });

  it.each(['VpcEndpointId', 'VpcEndpointSet', 'NetworkInterfaceSet'])(
    'fm-03 makes the scope unknown without %s',
    async (field) => {
      addEndpoint(hub, '10.2.0.1');
      aws.inject({ kind: 'omit', field });

      expect(overview(await discovererOf().discover(signal))).toEqual([['hub.self.us-east-1', 'BAD_ANSWER']]);
    },
  );
});

describe('missing credentials', () => {
  it('are CREDENTIALS, with the ways to provide credentials', async () => {
    const kept = { ...process.env };
    for (const name of Object.keys(process.env).filter((one) => one.startsWith('AWS_'))) delete process.env[name];
    Object.assign(process.env, {
      AWS_EC2_METADATA_DISABLED: 'true',
      AWS_CONFIG_FILE: '/dev/null',
      AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
    });

    const { scopes } = await discovererOf().discover(signal);

    Object.assign(process.env, kept);
    expect(scopes).toMatchObject([{ code: 'CREDENTIALS', reason: expect.stringContaining('AWS_PROFILE') }]);
  });
});
