import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createDiscoverer, type Discoverer } from '#discovery/discover';
import { createSources } from '#discovery/sources';
import { systemClock } from '#io/clock';
import { type AwsServer, startAws } from '#sandbox/aws/server';
import { type AwsWorld, createWorld } from '#sandbox/aws/world/world';
import { zoneIdsOf } from '#sandbox/aws/world/zones';
import { reportScope, unknownTogether } from '#sync/pass/report';
import { keysOf } from '../../support/aws/keys';
import { vpcEndpointsConfig } from '../../support/aws/vpc-endpoints';

const accounts = Array.from({ length: 20 }, (_, index) => String(200_000_000_000 + index));
const regions = ['us-east-1', 'us-west-2', 'eu-west-1', 'eu-central-1'];
const [refusedAccount = ''] = accounts;
const { signal } = new AbortController();
/** The sleeps of this clock never end, so that no region times out on a slow machine. */
const clock = { ...systemClock, sleep: () => new Promise<void>(() => {}) };

let world: AwsWorld;
let aws: AwsServer;

beforeEach(async () => {
  Object.assign(process.env, keysOf('111111111111'));
  world = createWorld();
  aws = await startAws(world);
});

afterEach(() => aws.close());

function arnOf(account: string): string {
  return `arn:aws:iam::${account}:role/kong-privatelink`;
}

/** Every tenth scope holds an endpoint. */
function openDiscovery({ isFirstRefused = false } = {}): Discoverer {
  for (const account of accounts) {
    const externalId = isFirstRefused && account === refusedAccount ? 'another' : 'hub';
    world.createRole({ account, name: 'kong-privatelink', externalId });
  }
  const scopes = accounts.flatMap((account) => regions.map((region) => ({ account, region })));
  for (const [index, { account, region }] of scopes.entries()) {
    if (index % 10 !== 0) continue;
    const { name: serviceName } = world.createService({ account: '333333333333', region });
    const interfaces = zoneIdsOf(region)
      .slice(0, 2)
      .map((zoneId, zone) => ({ zoneId, ip: `10.${index}.${zone}.1` }));
    world.createEndpoint({ account, region, serviceName, tags: { 'kong:domain': 'sd2' }, interfaces });
  }
  const roles = accounts.map((account) => ({ roleArn: arnOf(account), externalId: 'hub' }));
  const source = { ...vpcEndpointsConfig({ endpoint: aws.url, accounts: roles }), regions };
  return createDiscoverer(createSources({ owner: 'test', sources: [source] }, { clock }), { clock });
}

function callsByAction(): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const { action } of aws.calls) counts[action] = (counts[action] ?? 0) + 1;
  return counts;
}

describe('fm-08 a pass over many accounts', () => {
  it('assumes each role once and lists each scope once in a pass, with a second call for found endpoints', async () => {
    const { discover } = openDiscovery();

    const { scopes } = await discover(signal);
    await discover(signal);

    expect(new Set(scopes.map(({ status }) => status))).toEqual(new Set(['known']));
    expect(callsByAction()).toEqual({
      AssumeRole: accounts.length,
      DescribeVpcEndpoints: 2 * scopes.length,
      DescribeNetworkInterfaces: (2 * scopes.length) / 10,
    });
  });

  it('reports a refused role once, and assumes it once in each pass', async () => {
    const { discover } = openDiscovery({ isFirstRefused: true });

    await discover(signal);
    const { scopes, takenAtMs } = await discover(signal);

    const rows = unknownTogether(scopes.map((state) => reportScope(state, takenAtMs)));
    expect(rows).toMatchObject([
      {
        code: 'ACCESS_DENIED',
        reason: expect.stringContaining(`role ${arnOf(refusedAccount)}: sts:AssumeRole failed`),
        together: [...regions].sort().map((region) => ({ id: `hub.${refusedAccount}.${region}` })),
      },
    ]);
    expect(callsByAction().AssumeRole).toBe(accounts.length - 1 + 2);
  });
});
