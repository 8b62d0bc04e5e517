import { DescribeVpcEndpointsCommand } from '@aws-sdk/client-ec2';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createMockEc2, discoverOver, endpointAnswer, vpcEndpointsConfig } from '../../support/aws/vpc-endpoints';
import { defaultConfig, type Estate, gatewayAccount, openEstate, region } from '../../support/estate';

let estate: Estate;

beforeEach(async () => {
  estate = await openEstate();
});

afterEach(() => estate.close());

const impatient = 'policy: { removeAfterAbsences: 1, removeAfterSeconds: 0, maxRemovePercent: 100 }\n';

/** Addresses that are routed to. */
const addresses = () => estate.konnect.entities('prod', 'targets').map(({ target }) => target);

describe('discovery in the failure modes of similar programs', () => {
  async function changes(): Promise<readonly { action: string; kind: string; key: string }[]> {
    return JSON.parse((await estate.run('sync', '--json')).out).changes;
  }

  it('fm-09 changes nothing while an endpoint leaves the listing and comes back, however often', async () => {
    estate.configure(`${defaultConfig(estate)}policy: { removeAfterAbsences: 2, removeAfterSeconds: 0 }\n`);
    const flapping = estate.addEndpoint('sd2', ['10.0.1.11']);
    estate.addEndpoint('sd2', ['10.0.1.12']);
    await changes();

    const made: unknown[] = [];
    for (let pass = 0; pass < 6; pass += 1) {
      estate.world.setTags(flapping, pass % 2 === 0 ? {} : { 'kong:domain': 'sd2' });
      made.push(...(await changes()));
    }

    expect(made).toEqual([]);
  });

  it('fm-09 removes an endpoint that stays away', async () => {
    estate.configure(`${defaultConfig(estate)}policy: { removeAfterAbsences: 2, removeAfterSeconds: 0 }\n`);
    const leaving = estate.addEndpoint('sd2', ['10.0.1.11']);
    estate.addEndpoint('sd2', ['10.0.1.12']);
    await changes();
    estate.world.setTags(leaving, {});

    const first = await changes();
    const second = await changes();

    expect([first, second]).toMatchObject([[], [{ action: 'delete', key: 'sd2.privatelink|10.0.1.11:80' }]]);
  });

  it('fm-26 makes one call in a pass when AWS throttles the first call', async () => {
    estate.addEndpoint('sd2', ['10.0.1.11']);
    await changes();
    estate.aws.inject({ kind: 'throttle' });
    const before = estate.aws.calls.length;

    await changes();

    expect(estate.aws.calls.slice(before).map(({ action }) => action)).toEqual(['DescribeVpcEndpoints']);
  });
});

describe('an endpoint of an unsupported type', () => {
  it('fm-62 is named with the fix, and does not affect the other endpoints', async () => {
    const type = 'GatewayLoadBalancer';
    const id = estate.addEndpoint('sd1', ['10.0.1.11'], { type });
    const { endpoints } = JSON.parse((await estate.run('discover', '--json')).out);
    estate.addEndpoint('sd2', ['10.0.1.12']);

    const { out, exitCode } = await estate.run('sync');

    expect(endpoints).toEqual([]);
    expect(exitCode).toBe(0);
    expect(out).toContain(`is a VPC endpoint of type ${type}, which is not routed to`);
    expect(out).toContain(
      `tag the endpoint of type Interface that reaches the provider, and take kong:domain off ${id}`,
    );
    expect(estate.konnect.entities('prod', 'targets')).toMatchObject([{ target: '10.0.1.12:80' }]);
  });

  it('fm-62 does not make doctor ask for a tag', async () => {
    estate.addEndpoint('sd1', ['10.0.1.11'], { type: 'Resource' });

    const { out } = await estate.run('doctor');

    expect(out).toContain('quarantined: 1; kong-privatelink discover lists each with its fix');
    expect(out).not.toContain('tag an endpoint with its domain');
  });
});

describe('an endpoint of type Resource', () => {
  const action = 'DescribeVpcEndpointAssociations';
  const calls = () => estate.aws.calls.filter((one) => one.action === action).length;
  const sorted = () => addresses().sort();
  let id: string;

  beforeEach(async () => {
    estate.configure(`${defaultConfig(estate)}${impatient}`);
    id = estate.addEndpoint('sd1', ['10.0.1.11', '10.0.2.11'], { type: 'Resource', resources: [{}] });
    await estate.run('sync');
  });

  it('fm-62 becomes targets by its tag, with one more call, and loses them when it is deleted', async () => {
    const { endpoints } = JSON.parse((await estate.run('discover', '--json')).out);
    const routed = sorted();
    const serviceName = estate.world.endpoint(id)?.associations[0]?.resourceArn;
    estate.world.deleteEndpoint(id);

    const { exitCode } = await estate.run('sync');

    expect(endpoints).toMatchObject([{ id, domain: 'sd1', state: 'available', serviceName }]);
    expect(routed).toEqual(['10.0.1.11:80', '10.0.2.11:80']);
    expect([exitCode, sorted(), calls()]).toEqual([0, [], 2]);
  });

  it.each([
    ['is inaccessible', [{ accessibility: 'Inaccessible' }], ': Inaccessible'],
    ['belongs to a group', [{}, {}], 'for 2 resources, and AWS does not say which address is whose'],
    ['is gone', [], 'AWS gives no association for it'],
  ])('fm-62 keeps its targets while its resource %s, and says so', async (_, resources, reason) => {
    estate.world.setResources(id, resources);
    estate.addEndpoint('sd2', ['10.0.1.12']);

    const { out, exitCode } = await estate.run('sync');

    expect(exitCode).toBe(0);
    expect(out).toContain(reason);
    expect(sorted()).toEqual(['10.0.1.11:80', '10.0.1.12:80', '10.0.2.11:80']);
  });

  it('fm-62 keeps its targets without the permission; the report names it, and other endpoints go on', async () => {
    const leaving = estate.addEndpoint('sd2', ['10.0.1.12']);
    await estate.run('sync');
    estate.aws.inject({ kind: 'denied', action });
    estate.world.deleteEndpoint(leaving);
    estate.addEndpoint('sd2', ['10.0.1.13']);

    const { out, exitCode } = await estate.run('sync');

    expect(exitCode).toBe(0);
    expect(out).toContain('allow ec2:DescribeVpcEndpointAssociations for the identity in use');
    expect(sorted()).toEqual(['10.0.1.11:80', '10.0.1.13:80', '10.0.2.11:80']);
  });

  it('fm-62 makes its scope unknown while AWS throttles the call, and its targets stay', async () => {
    estate.aws.inject({ kind: 'throttle', action });
    estate.world.setResources(id, []);

    const { out } = await estate.run('sync');

    expect(out).toContain('ec2:DescribeVpcEndpointAssociations failed: Request limit exceeded.');
    expect(sorted()).toEqual(['10.0.1.11:80', '10.0.2.11:80']);
  });
});

describe('an entity that AWS hides because an AWS service manages it', () => {
  it('fm-64 is read: interfaces', async () => {
    const id = estate.addEndpoint('sd2', ['10.0.1.11', '10.0.2.11']);
    for (const one of estate.world.endpoint(id)?.interfaces ?? []) estate.world.hide(one.id);

    const { exitCode } = await estate.run('sync');

    expect(exitCode).toBe(0);
    expect(addresses()).toEqual(['10.0.1.11:80', '10.0.2.11:80']);
  });

  async function syncInstances(policy: string): Promise<readonly string[]> {
    estate.configure(`${defaultConfig(estate).replace('type: vpc-endpoints', 'type: ec2-instances')}${policy}`);
    const tags = { 'kong:domain': 'sd2' };
    const place = { account: gatewayAccount, region, zoneId: 'use1-az1' };
    const ids = ['10.0.1.11', '10.0.1.12'].map((ip) => estate.world.createInstance({ ...place, ip, tags }).id);
    await estate.run('sync');
    return ids;
  }

  it('fm-64 is read: instances, in lists', async () => {
    for (const id of await syncInstances(impatient)) estate.world.hide(id);

    const { exitCode } = await estate.run('sync');

    expect(exitCode).toBe(0);
    expect(addresses()).toEqual(['10.0.1.11:80', '10.0.1.12:80']);
  });

  it('fm-64 is read: instances, by id, so that an instance without its tag is absent and not gone', async () => {
    const [id = ''] = await syncInstances('policy: { maxRemovePercent: 100 }\n');
    estate.world.hide(id);
    estate.world.setInstanceTags(id, {});

    const { exitCode } = await estate.run('sync');

    expect(exitCode).toBe(0);
    expect(addresses()).toEqual(['10.0.1.11:80', '10.0.1.12:80']);
  });

  it('fm-64 is uncertain and keeps its targets, if AWS does not list its interface even then', async () => {
    estate.configure(`${defaultConfig(estate)}${impatient}`);
    const id = estate.addEndpoint('sd2', ['10.0.1.11', '10.0.2.11']);
    estate.addEndpoint('sd2', ['10.0.1.12']);
    await estate.run('sync');
    estate.world.detachInterface(String(estate.world.endpoint(id)?.interfaces[0]?.id));

    for (let pass = 0; pass < 3; pass += 1) await estate.run('sync');

    expect(addresses().sort()).toEqual(['10.0.1.11:80', '10.0.1.12:80', '10.0.2.11:80']);
  });
});

describe('the tag filter of a list', () => {
  const mock = createMockEc2();
  const config = vpcEndpointsConfig({ vpcs: ['vpc-1'] });
  const discover = () => discoverOver(mock, config);

  beforeEach(() => void mock.ec2.reset());

  it('fm-31 fails the scope when AWS refuses the filter', async () => {
    const refused = Object.assign(new Error('The filter tag-key is invalid'), { name: 'InvalidParameterValue' });
    mock.ec2.on(DescribeVpcEndpointsCommand).rejects(refused);

    await expect(discover()).rejects.toMatchObject({
      message: expect.stringContaining('The filter tag-key is invalid'),
    });
  });

  it('fm-31 is checked again: an endpoint without the tag is quarantined', async () => {
    const untagged = endpointAnswer('vpce-1', { Tags: [], State: 'Rejected' });
    mock.ec2.on(DescribeVpcEndpointsCommand).resolves({ VpcEndpoints: [untagged] });

    expect(await discover()).toMatchObject({ endpoints: [], quarantined: [{ endpointId: 'vpce-1', code: 'bad-tag' }] });
  });
});
