import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { createDiscoverer } from '#discovery/discover';
import { createSources } from '#discovery/sources';
import { credentialsOf } from '#sandbox/aws/credentials';
import { type AwsServer, startAws } from '#sandbox/aws/server';
import { type AwsWorld, createWorld } from '#sandbox/aws/world/world';
import { vpcEndpointsConfig } from '../../support/aws/vpc-endpoints';
import { createFakeClock } from '../../support/passes';

let world: AwsWorld;
let aws: AwsServer;

beforeEach(async () => {
  const { accessKeyId, secretAccessKey } = credentialsOf('111111111111');
  Object.assign(process.env, { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey });
  world = createWorld();
  aws = await startAws(world);
});

afterEach(() => aws.close());

it('takes a role with its external id once, and uses its credentials from pass to pass', async () => {
  const { arn: roleArn } = world.createRole({ account: '222222222222', name: 'discover', externalId: 'hub' });
  const source = vpcEndpointsConfig({ endpoint: aws.url, accounts: [{ roleArn, externalId: 'hub' }] });
  const clock = createFakeClock();
  const sources = createSources({ owner: 'test', sources: [source] }, { clock });
  const { discover } = createDiscoverer(sources, { clock });

  for (const _ of [1, 2, 3]) {
    const { scopes } = await discover(new AbortController().signal);
    expect(scopes).toMatchObject([{ status: 'known', scope: { account: '222222222222' } }]);
  }

  expect(aws.calls.map(({ action, account }) => `${action} ${account}`)).toEqual([
    'AssumeRole 111111111111',
    ...Array(3).fill('DescribeVpcEndpoints 222222222222'),
  ]);
});
