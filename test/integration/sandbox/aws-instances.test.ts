import {
  DescribeInstancesCommand,
  type DescribeInstancesCommandInput,
  type EC2Client,
  paginateDescribeInstances,
} from '@aws-sdk/client-ec2';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { type AwsServer, startAws } from '#sandbox/aws/server';
import type { InstanceSpec } from '#sandbox/aws/world/instances';
import { type AwsWorld, createWorld } from '#sandbox/aws/world/world';
import { ec2Client } from '../../support/aws/ec2-client';

const place = { account: '111111111111', region: 'us-east-1' };
const transitionMs = 5_000;
const deletedListedMs = 60_000;

let nowMs: number;
let world: AwsWorld;
let server: AwsServer;
let ec2: EC2Client;

beforeEach(async () => {
  nowMs = Date.UTC(2026, 10, 1);
  world = createWorld({ now: () => nowMs, transitionMs, deletedListedMs });
  server = await startAws(world);
  ec2 = ec2Client(server.url, place);
});

afterEach(async () => {
  ec2.destroy();
  await server.close();
});

function add(over: Partial<InstanceSpec> = {}) {
  return world.createInstance({ ...place, zoneId: 'use1-az1', state: 'running', ...over });
}

async function describeAll(input: DescribeInstancesCommandInput = {}) {
  const { Reservations = [] } = await ec2.send(new DescribeInstancesCommand(input));
  return Reservations.flatMap(({ Instances = [] }) => Instances);
}

const statesOf = async () => (await describeAll()).map(({ State }) => State);

describe('DescribeInstances', () => {
  it('describes an instance in full, with its zone by name only', async () => {
    const { id, zone, network } = add({ ip: '127.40.1.11', ipv6: 'fd00::11', tags: { 'kong:domain': 'sd2' } });

    const { Reservations } = await ec2.send(new DescribeInstancesCommand({}));

    expect(Reservations).toMatchObject([{ OwnerId: place.account, Groups: [] }]);
    expect(Reservations?.[0]?.Instances).toEqual([
      {
        InstanceId: id,
        State: { Code: 16, Name: 'running' },
        InstanceType: 't3.micro',
        LaunchTime: new Date(nowMs),
        Placement: { AvailabilityZone: zone.name, Tenancy: 'default' },
        VpcId: network?.vpcId,
        SubnetId: network?.subnetId,
        PrivateIpAddress: '127.40.1.11',
        Tags: [{ Key: 'kong:domain', Value: 'sd2' }],
        NetworkInterfaces: [
          expect.objectContaining({
            PrivateIpAddress: '127.40.1.11',
            PrivateIpAddresses: [{ PrivateIpAddress: '127.40.1.11', Primary: true }],
            Ipv6Addresses: [{ Ipv6Address: 'fd00::11' }],
            Attachment: { DeviceIndex: 0, NetworkCardIndex: 0, Status: 'attached' },
          }),
        ],
      },
    ]);
  });

  it.each<[string, string[]]>([
    ['tag:kong:domain', ['sd2']],
    ['tag-key', ['kong:domain']],
    ['instance-state-name', ['stopped']],
    ['vpc-id', ['vpc-peer']],
    ['private-ip-address', ['127.40.1.11']],
  ])('filters by %s', async (Name, Values) => {
    world.createVpc({ ...place, id: 'vpc-peer' });
    const wanted = add({ vpcId: 'vpc-peer', ip: '127.40.1.11', tags: { 'kong:domain': 'sd2' }, state: 'stopped' });
    add();

    const found = await describeAll({ Filters: [{ Name, Values }] });

    expect(found.map(({ InstanceId }) => InstanceId)).toEqual([wanted.id]);
  });

  it('finds by id, by a filter too, and only instances of the caller', async () => {
    const [own, other] = [add().id, add({ account: '222222222222' }).id];
    add();

    const byId = await describeAll({ InstanceIds: [own] });
    const byFilter = await describeAll({ Filters: [{ Name: 'instance-id', Values: [own, other] }] });

    expect([byId, byFilter].map((found) => found.map(({ InstanceId }) => InstanceId))).toEqual([[own], [own]]);
    await expect(describeAll({ InstanceIds: [other] })).rejects.toMatchObject({ name: 'InvalidInstanceID.NotFound' });
  });

  it('pages, and ends with an empty token', async () => {
    const ids = Array.from({ length: 12 }, () => add().id);

    const seen: (string | undefined)[][] = [];
    let last: string | undefined;
    for await (const page of paginateDescribeInstances({ client: ec2, pageSize: 5 }, {})) {
      seen.push(page.Reservations?.flatMap((one) => one.Instances?.map(({ InstanceId }) => InstanceId) ?? []) ?? []);
      last = page.NextToken;
    }

    expect(seen.map((page) => page.length)).toEqual([5, 5, 2]);
    expect(seen.flat()).toEqual(ids);
    expect(last).toBe('');
  });

  it.each([4, 1_001])('refuses a page of %i', async (MaxResults) => {
    await expect(describeAll({ MaxResults })).rejects.toMatchObject({ name: 'InvalidParameterValue' });
  });
});

describe('the life of an instance', () => {
  it('is pending, then running', async () => {
    add({ state: undefined });

    const before = await statesOf();
    nowMs += transitionMs;

    expect([before, await statesOf()]).toEqual([[{ Code: 0, Name: 'pending' }], [{ Code: 16, Name: 'running' }]]);
  });

  it('keeps its address while it is stopped, with the reason', async () => {
    const { id } = add({ ip: '127.40.1.11' });
    const reason = { code: 'Client.UserInitiatedShutdown', message: 'User initiated shutdown' };

    world.setInstanceState(id, 'stopped', reason);

    expect(await describeAll()).toMatchObject([
      {
        State: { Code: 80, Name: 'stopped' },
        StateReason: { Code: reason.code, Message: reason.message },
        PrivateIpAddress: '127.40.1.11',
      },
    ]);
  });

  it('ends without an address, and later leaves the list', async () => {
    const { id } = add();

    world.terminateInstance(id);
    const leaving = await statesOf();
    nowMs += transitionMs;
    const [terminated] = await describeAll();
    nowMs += deletedListedMs;

    expect(leaving).toEqual([{ Code: 32, Name: 'shutting-down' }]);
    expect(terminated).toMatchObject({ State: { Code: 48, Name: 'terminated' }, NetworkInterfaces: [] });
    expect(terminated?.PrivateIpAddress).toBeUndefined();
    expect(await describeAll()).toEqual([]);
    expect(() => world.terminateInstance(id)).toThrow('does not exist');
  });

  it('leaves the list at once when the world is purged', async () => {
    world.terminateInstance(add().id);
    const running = add().id;
    nowMs += transitionMs;

    world.purge();

    expect(world.instances().map(({ id }) => id)).toEqual([running]);
  });
});
