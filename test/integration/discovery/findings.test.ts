import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { type Estate, gatewayAccount, openEstate, region } from '../../support/estate';

let estate: Estate;

beforeEach(async () => {
  estate = await openEstate();
});

afterEach(async () => {
  await estate.close();
});

async function discover(...argv: readonly string[]) {
  const { exitCode, out, err } = await estate.run('discover', ...argv);
  return { exitCode, out, err };
}

async function findings() {
  const { out } = await discover('--json');
  return JSON.parse(out).findings;
}

describe('zones of endpoints (T3)', () => {
  let serviceName: string;

  function connect(zoneIds: readonly string[]): string {
    return estate.world.createEndpoint({
      account: gatewayAccount,
      region,
      serviceName,
      tags: { 'kong:domain': 'employees' },
      interfaces: zoneIds.map((zoneId) => ({ zoneId })),
    }).id;
  }

  beforeEach(() => {
    const zoneIds = ['use1-az1', 'use1-az2', 'use1-az3'];
    serviceName = estate.world.createService({ account: '333333333333', region, zoneIds }).name;
  });

  it('are compared with the zones of the provider and of the VPC, by id', async () => {
    const id = connect(['use1-az1', 'use1-az2']);

    expect(await findings()).toEqual([
      {
        code: 'zone-not-served',
        scopeId: 'hub.self.us-east-1',
        endpointIds: [id],
        reason: expect.stringContaining(`use1-az4, use1-az5, use1-az6, but ${serviceName} is not offered there`),
        fix: expect.stringContaining('network load balancer'),
      },
      {
        code: 'zone-without-interface',
        scopeId: 'hub.self.us-east-1',
        endpointIds: [id],
        reason: expect.stringContaining('has subnets in use1-az3, and the provider serves there'),
        fix: 'add a subnet of use1-az3 to the endpoint',
      },
    ]);
  });

  it('name the dead interfaces after the provider left a zone', async () => {
    connect(['use1-az1', 'use1-az2']);
    estate.world.setServiceZones(serviceName, ['use1-az1']);

    expect(await findings()).toContainEqual(
      expect.objectContaining({ reason: expect.stringContaining('interfaces in use1-az2, but the load') }),
    );
  });

  it('are shown with the fix, and cost one call of each kind', async () => {
    connect(['use1-az1']);
    connect(['use1-az1']);

    const { exitCode, out } = await discover();

    expect(exitCode).toBe(0);
    expect(out).toMatch(/finding vpce-\w+ vpce-\w+ in hub\.self\.us-east-1: .*Fix: add a subnet of use1-az2, use1-az3/);
    const calls = estate.aws.calls.map(({ action }) => action);
    expect(calls.filter((action) => ['DescribeVpcEndpointServices', 'DescribeSubnets'].includes(action))).toHaveLength(
      2,
    );
  });

  it('do not make the scope unknown when AWS denies the calls', async () => {
    const id = connect(['use1-az1']);
    estate.aws.inject({ kind: 'denied', action: 'DescribeVpcEndpointServices' });

    const { exitCode, out } = await discover('--json');

    expect(exitCode).toBe(0);
    const { scopes, endpoints, findings: found, warnings } = JSON.parse(out);
    expect(scopes).toMatchObject([{ status: 'known' }]);
    expect(endpoints).toMatchObject([{ id }]);
    expect(found).toEqual([]);
    expect(warnings).toEqual([expect.stringContaining('allow ec2:DescribeVpcEndpointServices')]);
  });

  it('are not compared across regions', async () => {
    const far = estate.world.createService({ account: '333333333333', region: 'us-west-2' });
    estate.world.createEndpoint({
      account: gatewayAccount,
      region,
      serviceName: far.name,
      tags: { 'kong:domain': 'employees' },
      interfaces: [{ zoneId: 'use1-az1' }],
    });

    expect(await findings()).toEqual([]);
  });
});

describe('networks of instances (T4)', () => {
  const providerAccount = '333333333333';

  /** A VPC of the provider with one instance, peered with the gateway's. `network` is a VpcSpec. */
  function peer(network: string) {
    const { world } = estate;
    const own = world.vpcs({ account: gatewayAccount, region })[0];
    const gateway = own ?? world.createVpc({ account: gatewayAccount, region, network: '10.1' });
    const vpc = world.createVpc({ account: providerAccount, region, network });
    world.createInstance({
      ...{ account: providerAccount, region, vpcId: vpc.id, zoneId: 'use1-az1' },
      tags: { 'kong:domain': 'stock' },
    });
    return { vpc, peering: world.createPeering({ requester: gateway, accepter: vpc }) };
  }

  beforeEach(() => {
    const { arn } = estate.world.createRole({ account: providerAccount, name: 'discover' });
    estate.configure(`owner: test
sources:
  - { name: peered, type: ec2-instances, regions: [${region}], endpoint: "${estate.aws.url}", accounts: [{ roleArn: "${arn}" }] }
`);
  });

  it('need an accepted peering', async () => {
    const { vpc, peering } = peer('10.2');

    expect(await findings()).toMatchObject([
      {
        code: 'peering-not-active',
        scopeId: `peered.${providerAccount}.${region}`,
        reason: expect.stringContaining(`peering ${peering.id} of ${vpc.id} is pending-acceptance`),
        fix: expect.stringContaining(`accept ${peering.id}`),
      },
    ]);
    estate.world.acceptPeering(peering.id);
    expect(await findings()).toEqual([]);
  });

  it('cannot be reached where their ranges overlap with the ranges of the other side', async () => {
    const { vpc } = peer('10.1');

    expect(await findings()).toMatchObject([
      { code: 'peering-not-active', reason: expect.stringContaining('is failed') },
      { code: 'overlapping-ranges', reason: expect.stringContaining(`10.1.0.0/16 of ${vpc.id} overlaps 10.1.0.0/16`) },
    ]);
  });

  it('cannot both be reached where two of them overlap', async () => {
    const [one, other] = [peer('10.2'), peer('10.2')];
    for (const { peering } of [one, other]) estate.world.acceptPeering(peering.id);

    expect(await findings()).toMatchObject([
      { code: 'overlapping-ranges', reason: expect.stringContaining(other.vpc.id) },
      { code: 'overlapping-ranges', reason: expect.stringContaining(one.vpc.id) },
    ]);
  });
});
