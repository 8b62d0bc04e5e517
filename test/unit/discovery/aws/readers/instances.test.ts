import { DescribeInstancesCommand, type InstanceStateName } from '@aws-sdk/client-ec2';
import { beforeEach, describe, expect, it } from '@jest/globals';
import { answerInstances, instanceAnswer, instanceReaderOver } from '../../../../support/aws/ec2-instances';
import { createMockEc2 } from '../../../../support/aws/vpc-endpoints';

const mock = createMockEc2();
const list = () => instanceReaderOver(mock).listInstances('kong:domain', new AbortController().signal);

beforeEach(() => {
  mock.ec2.reset();
});

describe('findGone', () => {
  it.each([
    ['terminated', ['i-1']],
    ['stopped', ['i-1']],
    ['running', []],
    ['tomorrow', []],
  ])('fm-30 finds an untagged instance gone by its state %s: %j', async (Name, expected) => {
    answerInstances(mock, [[instanceAnswer('i-1', { State: { Name: Name as InstanceStateName } })]]);

    expect(await instanceReaderOver(mock).findGone(['i-1'], new AbortController().signal)).toEqual(expected);
  });
});

describe('listInstances', () => {
  it('reads all pages, by tag key and in every state', async () => {
    answerInstances(mock, [[instanceAnswer('i-1')], [instanceAnswer('i-2'), instanceAnswer('i-3')]]);

    expect((await list()).map(({ id }) => id)).toEqual(['i-1', 'i-2', 'i-3']);
    expect(mock.ec2.commandCalls(DescribeInstancesCommand).map(({ args }) => args[0].input.Filters)).toEqual([
      [{ Name: 'tag-key', Values: ['kong:domain'] }],
      [{ Name: 'tag-key', Values: ['kong:domain'] }],
    ]);
  });

  it.each([
    ['absent', {}],
    ['null', { State: null, StateReason: null, Placement: null, NetworkInterfaces: null, Tags: null, VpcId: null }],
  ])('fm-23 accepts optional fields that are %s', async (_, nothing) => {
    mock.ec2.on(DescribeInstancesCommand).callsFake(() => ({
      Reservations: [{ Instances: [{ InstanceId: 'i-1', ...nothing }] }],
    }));

    expect(await list()).toEqual([{ id: 'i-1', ips: [], tags: new Map() }]);
  });

  it('fm-29 returns the own addresses of the primary interface only', async () => {
    const NetworkInterfaces = [
      { Attachment: { DeviceIndex: 1 }, Ipv6Addresses: [{ Ipv6Address: 'fd00::9' }] },
      { Attachment: { DeviceIndex: 0, NetworkCardIndex: 1 }, Ipv6Addresses: [{ Ipv6Address: 'fd00::8' }] },
      {
        Attachment: { DeviceIndex: 0, NetworkCardIndex: 0 },
        PrivateIpAddresses: [{ PrivateIpAddress: '10.0.1.11' }, { PrivateIpAddress: '10.0.1.12' }],
        Ipv6Addresses: [{ Ipv6Address: 'fd00::2' }, { Ipv6Address: 'fd00::1', IsPrimaryIpv6: true }],
      },
    ];
    answerInstances(mock, [[instanceAnswer('i-1', { NetworkInterfaces })]]);

    expect(await list()).toMatchObject([{ ips: ['10.0.1.11', 'fd00::1'] }]);
  });

  it('fm-45 returns an instance with a malformed field by its id alone, and the others whole', async () => {
    const Instances = [{ ...instanceAnswer('i-1'), LaunchTime: 'yesterday' }, instanceAnswer('i-2')];
    mock.ec2.on(DescribeInstancesCommand).callsFake(() => ({ Reservations: [{ Instances }] }));

    expect(await list()).toEqual([
      { id: 'i-1', misfit: expect.stringContaining('LaunchTime'), ips: [], tags: new Map() },
      expect.objectContaining({ id: 'i-2', state: 'running', ips: ['10.0.1.11'] }),
    ]);
  });

  it.each([
    ['an instance without id', { Reservations: [{ Instances: [{ VpcId: 'vpc-1' }] }] }],
    ['an instance with an empty id', { Reservations: [{ Instances: [{ InstanceId: '' }] }] }],
    ['a reservation without its list', { Reservations: [{}] }],
    ['an answer without its list', {}],
  ])('fm-03 fails as a whole at %s', async (_, answer) => {
    mock.ec2.on(DescribeInstancesCommand).callsFake(() => answer);

    await expect(list()).rejects.toMatchObject({ code: 'BAD_ANSWER', message: expect.stringContaining('peered.self') });
  });

  it('fm-08 fails as a whole when its second page fails', async () => {
    mock.ec2
      .on(DescribeInstancesCommand)
      .resolvesOnce({ Reservations: [], NextToken: '1' })
      .rejects(Object.assign(new Error('slow down'), { name: 'RequestLimitExceeded' }));

    await expect(list()).rejects.toMatchObject({
      code: 'THROTTLED',
      message: expect.stringContaining('ec2:DescribeInstances'),
    });
  });
});
