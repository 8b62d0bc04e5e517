import { describe, expect, it } from '@jest/globals';
import { createAwsAccess } from '#discovery/aws/access';
import { lazyCloudMapClient, lazyEc2Client, lazyLoadBalancingClient, lazyStsClient } from '#discovery/aws/clients';
import { firstScopeOf, vpcEndpointsConfig } from '../../../support/aws/vpc-endpoints';
import { createFakeClock } from '../../../support/passes';

const scope = firstScopeOf(vpcEndpointsConfig());
const { credentials } = createAwsAccess(createFakeClock());

describe('lazyEc2Client', () => {
  it('creates one client for the scope, and returns it from then on', async () => {
    const client = lazyEc2Client({ scope, credentials });

    const [one, other] = await Promise.all([client(), client()]);

    expect(one).toBe(other);
    expect(await one.config.region()).toBe('us-east-1');
    one.destroy();
  });

  it.each([
    ['one address', 'http://127.0.0.1:4566/'],
    ['an address for each API', { ec2: 'http://127.0.0.1:4566/', sts: 'http://127.0.0.1:4567/' }],
  ])('uses %s as the address of EC2', async (_, endpoint) => {
    const client = await lazyEc2Client({ scope, credentials, endpoint })();

    expect(await client.config.endpoint?.()).toMatchObject({ hostname: '127.0.0.1', port: 4566 });
    client.destroy();
  });

  it('leaves the address to the SDK when none is configured', async () => {
    const client = await lazyEc2Client({ scope, credentials, endpoint: { sts: 'http://127.0.0.1:4567/' } })();

    expect(client.config.endpoint).toBeUndefined();
    client.destroy();
  });

  it('leaves retries to the SDK, in adaptive mode', async () => {
    const client = await lazyEc2Client({ scope, credentials })();
    const { retryMode } = client.config;

    expect(typeof retryMode === 'function' ? await retryMode() : retryMode).toBe('adaptive');
    client.destroy();
  });
});

it.each([
  ['EC2', lazyEc2Client],
  ['Cloud Map', lazyCloudMapClient],
  ['Elastic Load Balancing', lazyLoadBalancingClient],
  ['STS', lazyStsClient],
])('fm-54 limits the answers of %s', async (_, clientOf) => {
  const client = await clientOf({ scope, credentials })();

  expect(client.middlewareStack.identify()).toContainEqual(expect.stringContaining('limitAnswers'));
  client.destroy();
});

describe('lazyLoadBalancingClient', () => {
  it.each([
    ['a stand-in for all of AWS', 'http://127.0.0.1:4566/', 4566],
    ['an address of its own', { elasticloadbalancing: 'http://127.0.0.1:4568/', ec2: 'http://127.0.0.1:1/' }, 4568],
  ])('calls %s', async (_, endpoint, port) => {
    const client = await lazyLoadBalancingClient({ scope, credentials, endpoint })();

    expect(await client.config.endpoint?.()).toMatchObject({ hostname: '127.0.0.1', port });
    client.destroy();
  });

  it('leaves the address to the SDK where the configured address is for EC2 alone', async () => {
    const client = await lazyLoadBalancingClient({ scope, credentials, endpoint: 'https://ec2.example/' })();

    expect(client.config.endpoint).toBeUndefined();
    client.destroy();
  });
});

describe('lazyCloudMapClient', () => {
  it.each([
    ['one address', 'http://127.0.0.1:4566/', { hostname: '127.0.0.1', port: 4566 }, true],
    ['its own address', { servicediscovery: 'http://127.0.0.1:4567/' }, { hostname: '127.0.0.1', port: 4567 }, true],
    ["AWS's own address", { ec2: 'http://127.0.0.1:4566/' }, undefined, false],
  ])('uses %s, and puts no prefix before a configured address', async (_, endpoint, expected, disableHostPrefix) => {
    const client = await lazyCloudMapClient({ scope, credentials, endpoint })();

    expect(await client.config.endpoint?.()).toEqual(expected && expect.objectContaining(expected));
    expect(client.config.disableHostPrefix).toBe(disableHostPrefix);
    client.destroy();
  });
});
