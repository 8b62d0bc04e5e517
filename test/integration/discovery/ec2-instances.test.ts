import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { type Estate, openEstate, region } from '../../support/estate';

const providerAccount = '333333333333';
const roleArn = `arn:aws:iam::${providerAccount}:role/discover`;

let estate: Estate;

beforeEach(async () => {
  estate = await openEstate();
  estate.world.createRole({ account: providerAccount, name: 'discover' });
  estate.configure(`owner: test
sources:
  - { name: peered, type: ec2-instances, regions: [${region}], endpoint: "${estate.aws.url}", accounts: [{ roleArn: "${roleArn}" }] }
controlPlane: { type: konnect, address: "${estate.konnect.url}", name: prod, token: "\${KONNECT_TOKEN}" }
`);
});

afterEach(async () => {
  await estate.close();
});

/** An instance of the provider's account, peered with the gateway's. */
function addInstance(ip: string, zoneId = 'use1-az2'): string {
  const tags = { 'kong:domain': 'sd2' };
  return estate.world.createInstance({ account: providerAccount, region, zoneId, ip, tags }).id;
}

function targets() {
  return estate.konnect.entities('prod', 'targets').map(({ target }) => target);
}

/** Zone ids of all addresses that `discover` finds. */
async function zoneIds() {
  const { out } = await estate.run('discover', '--json');
  const endpoints: { addresses: { zoneId?: string }[] }[] = JSON.parse(out).endpoints;
  return endpoints.flatMap(({ addresses }) => addresses.map(({ zoneId }) => zoneId));
}

async function sync() {
  const { exitCode, out } = await estate.run('sync', '--json');
  return { exitCode, report: JSON.parse(out) };
}

describe('peered networks (T4)', () => {
  it("are routed to by tag, with the zone id of the zone's name in the provider account", async () => {
    const id = addInstance('10.40.1.11');

    const { exitCode } = await sync();

    expect(exitCode).toBe(0);
    expect(await zoneIds()).toEqual(['use1-az2']);
    expect(estate.konnect.entities('prod', 'targets')).toMatchObject([
      {
        target: '10.40.1.11:80',
        tags: expect.arrayContaining([id, `scope:peered.${providerAccount}.${region}`]),
      },
    ]);
  });

  it('fm-30 lose a terminated instance in the pass that sees it, even the last one', async () => {
    const id = addInstance('10.40.1.11');
    await sync();

    estate.world.terminateInstance(id);
    const { exitCode, report } = await sync();

    expect(exitCode).toBe(0);
    expect(report.changes).toMatchObject([
      { action: 'delete', kind: 'target', reason: expect.stringContaining(`${id} is deleted (instance terminated)`) },
    ]);
    expect(targets()).toEqual([]);
  });

  it('lose a stopped instance, and get it back when it runs', async () => {
    const id = addInstance('10.40.1.11');
    addInstance('10.40.2.11');
    await sync();

    estate.world.setInstanceState(id, 'stopped', { code: 'Client.UserInitiatedShutdown', message: 'by its owner' });
    const { report } = await sync();
    const without = targets();
    estate.world.setInstanceState(id, 'running');
    await sync();

    expect(report.changes).toMatchObject([{ reason: expect.stringContaining('instance stopped: by its owner') }]);
    expect(without).toEqual(['10.40.2.11:80']);
    expect(targets().sort()).toEqual(['10.40.1.11:80', '10.40.2.11:80']);
  });

  it.each(['pending', 'hibernated'])('keep an instance that is %s, and add none', async (state) => {
    const held = addInstance('10.40.1.11');
    await sync();

    estate.world.setInstanceState(held, state);
    estate.world.setInstanceState(addInstance('10.40.2.11'), state);
    const { report } = await sync();

    expect(report.changes).toEqual([]);
    expect(targets()).toEqual(['10.40.1.11:80']);
  });

  it('fm-08 keep everything when AWS does not list instances', async () => {
    addInstance('10.40.1.11');
    await sync();

    estate.aws.inject({ action: 'DescribeInstances', kind: 'throttle' });
    await sync();

    expect(targets()).toEqual(['10.40.1.11:80']);
  });
});

describe('zones', () => {
  it.each(['denied', 'error'] as const)('are unknown, and nothing else fails, when AWS answers %s', async (kind) => {
    addInstance('10.40.1.11');
    estate.aws.inject({ action: 'DescribeAvailabilityZones', kind });

    const { exitCode } = await sync();

    expect(exitCode).toBe(0);
    expect(targets()).toEqual(['10.40.1.11:80']);
    expect(await zoneIds()).toEqual([undefined]);
  });

  it('follow from the names of the interfaces where AWS leaves the zone ids out', async () => {
    estate.configure(`owner: test
sources: [{ name: hub, type: vpc-endpoints, regions: [${region}], endpoint: "${estate.aws.url}" }]
controlPlane: { type: konnect, address: "${estate.konnect.url}", name: prod, token: "\${KONNECT_TOKEN}" }
`);
    estate.addEndpoint('sd2', ['10.40.1.11', '10.40.2.11']);
    estate.aws.inject({ action: 'DescribeNetworkInterfaces', kind: 'omit', field: 'AvailabilityZoneId' });

    expect(await zoneIds()).toEqual(['use1-az1', 'use1-az2']);
  });
});
