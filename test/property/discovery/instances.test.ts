import type { Instance } from '@aws-sdk/client-ec2';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { createCloudMapSource } from '#discovery/providers/cloud-map';
import type { Source } from '#discovery/source';
import { cloudMapConfig } from '../../support/aws/cloud-map';
import { answerInstances, instanceAnswer, instancesSourceOver } from '../../support/aws/ec2-instances';
import { createMockEc2 } from '../../support/aws/vpc-endpoints';
import { firstOf } from '../../support/sources';

const signal = new AbortController().signal;
const mock = createMockEc2();

async function read(source: Source): Promise<string> {
  return JSON.stringify(await firstOf(source).discover(signal));
}

const numbers = fc.uniqueArray(fc.integer({ min: 1, max: 99 }), { minLength: 1, maxLength: 9 });

/** Numbers as they are, and the same in another order, some of them twice. */
const listed = numbers.chain((straight) =>
  fc.record({
    straight: fc.constant(straight),
    shuffled: fc
      .tuple(fc.shuffledSubarray(straight, { minLength: straight.length }), fc.subarray(straight))
      .map(([all, repeated]) => [...all, ...repeated]),
  }),
);

function readEc2(order: readonly number[]): Promise<string> {
  const half = Math.ceil(order.length / 2);
  const toInstance = (number: number): Instance =>
    instanceAnswer(`i-${number}`, { PrivateIpAddress: `10.0.0.${number}`, LaunchTime: new Date(number) });
  answerInstances(mock, [order.slice(0, half).map(toInstance), order.slice(half).map(toInstance)]);
  return read(instancesSourceOver(mock));
}

function readCloudMap(order: readonly number[]): Promise<string> {
  const instances = order.map((number) => ({
    id: `one-${number}`,
    attributes: new Map([['AWS_INSTANCE_IPV4', `10.0.0.${number}`]]),
  }));
  const service = { id: 'srv-1', name: 'sd2', reference: 'srv-1', createdAtMs: 1, isHealthChecked: false };
  const reader = {
    listNamespaces: async () => [{ id: 'ns-1', name: 'shared', reference: 'ns-1' }],
    listServices: async () => [service],
    listInstances: async () => instances,
    readHealth: async () => new Map<string, string>(),
    isGone: async () => false,
  };
  return read(
    createCloudMapSource(cloudMapConfig(), {
      owner: 'test',
      readersOf: () => ({ reader, readZoneIds: async () => new Map(), readAccount: async () => undefined }),
    }),
  );
}

describe('discovery of instances', () => {
  it.each([
    ['EC2', readEc2],
    ['Cloud Map', readCloudMap],
  ])('fm-08 in %s returns equal endpoints for any order, and for repeated instances', async (_, readIn) => {
    await fc.assert(
      fc.asyncProperty(listed, async ({ straight, shuffled }) => {
        expect(await readIn(shuffled)).toBe(await readIn(straight));
      }),
    );
  });
});
