import { CreateTagsCommand, DeleteTagsCommand, DescribeVpcEndpointsCommand, type EC2Client } from '@aws-sdk/client-ec2';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { type AwsServer, startAws } from '#sandbox/aws/server';
import { type AwsWorld, createWorld } from '#sandbox/aws/world/world';
import { ec2Client } from '../../support/aws/ec2-client';

const own = { account: '111111111111', region: 'us-east-1' };
const before = { 'kong:domain': 'sd2', 'kong:port': '8080' };

let world: AwsWorld;
let server: AwsServer;
let ec2: EC2Client;
let id: string;

beforeEach(async () => {
  world = createWorld();
  const { name: serviceName } = world.createService(own);
  ({ id } = world.createEndpoint({ ...own, serviceName, interfaces: [{ zoneId: 'use1-az1' }], tags: before }));
  server = await startAws(world);
  ec2 = ec2Client(server.url, own);
});

afterEach(async () => {
  ec2.destroy();
  await server.close();
});

const tagsNow = () => world.endpoint(id)?.tags;

describe('CreateTags', () => {
  it('adds tags, replaces tags with the same key and leaves the others', async () => {
    const Tags = [{ Key: 'kong:domain', Value: 'orders' }, { Key: 'team' }];
    await ec2.send(new CreateTagsCommand({ Resources: [id], Tags }));

    const { VpcEndpoints } = await ec2.send(new DescribeVpcEndpointsCommand({}));

    expect(tagsNow()).toEqual({ 'kong:domain': 'orders', 'kong:port': '8080', team: '' });
    expect(VpcEndpoints?.[0]?.Tags).toContainEqual({ Key: 'kong:domain', Value: 'orders' });
  });

  it('tags an instance', async () => {
    const instance = world.createInstance({ ...own, zoneId: 'use1-az1', tags: { Name: 'stock' } });

    await ec2.send(new CreateTagsCommand({ Resources: [instance.id], Tags: [{ Key: 'kong:domain', Value: 'stock' }] }));

    expect(world.instance(instance.id)?.tags).toEqual({ Name: 'stock', 'kong:domain': 'stock' });
  });

  const tag = { Key: 'a', Value: 'b' };
  const many = Array.from({ length: 49 }, (_, index) => ({ Key: `tag${index}`, Value: '' }));

  it.each<[string, (own: string) => readonly string[], (typeof tag)[], string]>([
    ['a missing endpoint', () => ['vpce-0123456789abcdef0'], [tag], 'InvalidVpcEndpointId.NotFound'],
    ['a missing instance', () => ['i-0123456789abcdef0'], [tag], 'InvalidInstanceID.NotFound'],
    ['an entity that it does not tag', () => ['subnet-0123456789abcdef0'], [tag], 'InvalidID'],
    ['one missing entity of several', (one) => [one, 'vpce-0'], [tag], 'InvalidVpcEndpointId.NotFound'],
    ['a key of AWS', (one) => [one], [{ Key: 'aws:x', Value: '' }], 'InvalidParameterValue'],
    ['a key twice', (one) => [one], [tag, tag], 'InvalidParameterValue'],
    ['a key without end', (one) => [one], [{ Key: 'k'.repeat(129), Value: '' }], 'InvalidParameterValue'],
    ['a value without end', (one) => [one], [{ Key: 'k', Value: 'v'.repeat(257) }], 'InvalidParameterValue'],
    ['more than fifty tags', (one) => [one], many, 'TagLimitExceeded'],
    ['no tag at all', (one) => [one], [], 'MissingParameter'],
    ['no resource at all', () => [], [tag], 'MissingParameter'],
  ])('refuses %s, and changes nothing', async (_, resources, Tags, name) => {
    await expect(ec2.send(new CreateTagsCommand({ Resources: [...resources(id)], Tags }))).rejects.toMatchObject({
      name,
      $metadata: { httpStatusCode: 400 },
    });
    expect(tagsNow()).toEqual(before);
  });

  it('does not let other accounts tag an endpoint', async () => {
    const other = ec2Client(server.url, { ...own, account: '222222222222' });

    const answer = other.send(new CreateTagsCommand({ Resources: [id], Tags: [tag] }));

    await expect(answer).rejects.toMatchObject({ name: 'InvalidVpcEndpointId.NotFound' });
    other.destroy();
  });

  it('changes nothing at a dry run, and says that it could', async () => {
    const answer = ec2.send(new CreateTagsCommand({ Resources: [id], Tags: [tag], DryRun: true }));

    await expect(answer).rejects.toMatchObject({ name: 'DryRunOperation', $metadata: { httpStatusCode: 412 } });
    expect(tagsNow()).toEqual(before);
  });
});

describe('DeleteTags', () => {
  it.each([
    ['a tag by its key, whatever its value', [{ Key: 'kong:domain' }], { 'kong:port': '8080' }],
    ['a tag that has the value', [{ Key: 'kong:domain', Value: 'sd2' }], { 'kong:port': '8080' }],
    ['no tag that has another value', [{ Key: 'kong:domain', Value: '' }], before],
    ['no missing tag', [{ Key: 'team' }], before],
    ['all tags where none is named', undefined, {}],
  ])('removes %s', async (_, Tags, left) => {
    await ec2.send(new DeleteTagsCommand({ Resources: [id], Tags }));

    expect(tagsNow()).toEqual(left);
  });

  it('refuses a missing endpoint', async () => {
    await expect(ec2.send(new DeleteTagsCommand({ Resources: ['vpce-0'] }))).rejects.toMatchObject({
      name: 'InvalidVpcEndpointId.NotFound',
    });
  });
});
