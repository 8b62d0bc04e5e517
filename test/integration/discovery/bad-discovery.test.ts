import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { type Estate, gatewayAccount, openEstate, region } from '../../support/estate';

let estate: Estate;

beforeEach(async () => {
  estate = await openEstate();
});

afterEach(() => estate.close());

/** A source that works, and the source under test. */
function configure(source: string): void {
  estate.configure(`owner: test
sources:
  - { name: good, type: static, region: ${region}, endpoints: [{ domain: fine, addresses: [10.9.0.1] }] }
  - { name: bad, endpoint: "${estate.aws.url}", ${source} }
controlPlane: { type: konnect, address: "${estate.konnect.url}", name: prod, token: "\${KONNECT_TOKEN}" }
`);
}

async function sync() {
  const { exitCode, out } = await estate.run('sync', '--json');
  const { scopes, quarantined } = JSON.parse(out);
  const targets = estate.konnect.entities('prod', 'targets').map(({ target }) => target);
  const of = (place: string) =>
    scopes.find((one: { id: string }) => one.id.startsWith('bad') && one.id.endsWith(place));
  return { exitCode, of, quarantined, targets };
}

const stranger = 'arn:aws:iam::555555555555:role/kong-privatelink';

describe('a scope that cannot be read', () => {
  it.each([
    [
      'a role that cannot be assumed',
      `type: vpc-endpoints, regions: [${region}], accounts: [{ roleArn: "${stranger}" }]`,
      'role arn:aws:iam::555555555555:role/kong-privatelink: sts:AssumeRole failed',
      'let the role trust this identity, with its external id',
    ],
    [
      'a namespace that does not exist',
      `type: cloud-map, regions: [${region}], namespace: gone`,
      'source bad, account self, region us-east-1: there is no Cloud Map namespace gone',
      'create it, correct `namespace`',
    ],
    [
      'a service that does not exist',
      `type: cloud-map, regions: [${region}], namespace: shared, services: [gone]`,
      'source bad, account self, region us-east-1: namespace shared has no service gone',
      'create it, or correct',
    ],
  ])('fm-02 names source, account, region and fix at %s, and the other scopes go on', async (_, source, where, fix) => {
    estate.world.cloudMap.createNamespace({ account: gatewayAccount, region, name: 'shared' });
    configure(source);

    const { exitCode, of, targets } = await sync();

    expect(exitCode).toBe(0);
    expect(of(region)).toMatchObject({ status: 'unknown', reason: expect.stringContaining(where) });
    expect(of(region).reason).toContain(fix);
    expect(targets).toEqual(['10.9.0.1:80']);
  });

  it.each([
    ['OptInRequired', 'vpc-endpoints', 'regionDisabled', 'enable the region in the account, or take it out of regions'],
    ['AuthFailure', 'vpc-endpoints', 'unknownKey', 'enable region us-west-2 in it'],
    ['UnrecognizedClientException', 'cloud-map', 'unknownKey', 'enable region us-west-2 in it'],
  ] as const)('fm-02 reads the other region when one region is not enabled (%s)', async (_, type, kind, fix) => {
    const namespace = estate.world.cloudMap.createNamespace({ account: gatewayAccount, region, name: 'shared' });
    const { id: serviceId } = estate.world.cloudMap.createHttpService({ namespaceId: namespace.id, name: 'sd2' });
    const attributes = { AWS_INSTANCE_IPV4: '10.0.1.11' };
    if (type === 'cloud-map') estate.world.cloudMap.registerInstance({ serviceId, id: 'one', attributes });
    else estate.addEndpoint('sd2', ['10.0.1.11']);
    configure(`type: ${type}, regions: [${region}, us-west-2]${type === 'cloud-map' ? ', namespace: shared' : ''}`);
    estate.aws.inject({ kind, region: 'us-west-2' });

    const { exitCode, of, targets } = await sync();

    expect(exitCode).toBe(0);
    expect(of(region)).toMatchObject({ status: 'known', endpoints: 1 });
    expect(of('us-west-2')).toMatchObject({ status: 'unknown', reason: expect.stringContaining(fix) });
    expect(of('us-west-2').reason).toContain('source bad, account self, region us-west-2: ');
    expect([...targets].sort()).toEqual(['10.0.1.11:80', '10.9.0.1:80']);
  });
});

describe('a gateway that reaches IPv4 only', () => {
  function addEndpoint(addresses: { readonly ip?: string; readonly ipv6: string }): string {
    const { name } = estate.world.createService({ account: '333333333333', region });
    const interfaces = [{ zoneId: 'use1-az1', ...addresses }];
    const tags = { 'kong:domain': 'sd2' };
    return estate.world.createEndpoint({ account: gatewayAccount, region, serviceName: name, tags, interfaces }).id;
  }

  it('fm-11 does not route to an IPv6-only endpoint, names the fix, and the rest goes on', async () => {
    const endpointId = addEndpoint({ ipv6: 'fd00::11' });
    configure(`type: vpc-endpoints, regions: [${region}], allow: { addressFamilies: [ipv4] }`);

    const { exitCode, quarantined, targets } = await sync();

    expect(exitCode).toBe(0);
    expect(quarantined).toMatchObject([
      {
        endpointId,
        scopeId: 'bad.self.us-east-1',
        code: 'address-not-allowed',
        fix: expect.stringContaining('make the endpoint dual stack'),
      },
    ]);
    expect(targets).toEqual(['10.9.0.1:80']);
  });

  it('takes the IPv4 address of a dual-stack endpoint', async () => {
    addEndpoint({ ip: '10.0.1.11', ipv6: 'fd00::11' });
    configure(`type: vpc-endpoints, regions: [${region}], allow: { addressFamilies: [ipv4] }`);

    expect([...(await sync()).targets].sort()).toEqual(['10.0.1.11:80', '10.9.0.1:80']);
  });
});
