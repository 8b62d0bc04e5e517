import {
  DescribeAvailabilityZonesCommand,
  DescribeInstancesCommand,
  type DescribeInstancesCommandInput,
  type Instance,
} from '@aws-sdk/client-ec2';
import { configSchema, type Ec2InstancesConfig } from '#config/schema';
import { accountScopes } from '#discovery/aws/accounts';
import { createEc2InstanceReader } from '#discovery/aws/readers/instances';
import { createZoneReader } from '#discovery/aws/readers/zones';
import { createEc2InstancesSource } from '#discovery/providers/ec2-instances';
import type { Source } from '#discovery/source';
import { endlessBudget, type MockEc2 } from './vpc-endpoints';

/** A source of instances as the schema fills it in. */
export function ec2InstancesConfig(over: Readonly<Record<string, unknown>> = {}): Ec2InstancesConfig {
  const { sources } = configSchema.parse({
    owner: 'test',
    sources: [{ type: 'ec2-instances', name: 'peered', regions: ['us-east-1'], ...over }],
    controlPlane: { type: 'konnect', name: 'prod', token: 'kpat_test' },
  });
  const [source] = sources;
  if (source?.type !== 'ec2-instances') throw new Error('the schema gave another source');
  return source;
}

/** A running instance of domain `sd2` as the SDK gives it. */
export function instanceAnswer(id: string, over: Partial<Instance> = {}): Instance {
  return {
    InstanceId: id,
    State: { Code: 16, Name: 'running' },
    LaunchTime: new Date(1_000),
    VpcId: 'vpc-1',
    PrivateIpAddress: '10.0.1.11',
    Placement: { AvailabilityZone: 'us-east-1a' },
    Tags: [{ Key: 'kong:domain', Value: 'sd2' }],
    ...over,
  };
}

/** Answers with `pages` in turn, each instance in a reservation of its own, and with one zone. */
export function answerInstances({ ec2 }: MockEc2, pages: readonly (readonly Instance[])[]): void {
  ec2.reset();
  ec2.on(DescribeInstancesCommand).callsFake(({ NextToken = '0' }: DescribeInstancesCommandInput) => {
    const index = Number(NextToken);
    const Reservations = (pages[index] ?? []).map((one) => ({ Instances: [one] }));
    return { Reservations, NextToken: index + 1 < pages.length ? String(index + 1) : '' };
  });
  ec2
    .on(DescribeAvailabilityZonesCommand)
    .resolves({ AvailabilityZones: [{ ZoneName: 'us-east-1a', ZoneId: 'use1-az4' }] });
}

/** The reader of the first scope over the mocked client. */
export function instanceReaderOver({ client }: MockEc2) {
  const [scope] = accountScopes(ec2InstancesConfig());
  if (!scope) throw new Error('the source has no scope');
  return createEc2InstanceReader({ scope, client: async () => client, pageSize: 100, budget: endlessBudget });
}

/** The source over the mocked client. */
export function instancesSourceOver({ client }: MockEc2, config = ec2InstancesConfig()): Source {
  return createEc2InstancesSource(config, {
    owner: 'test',
    readersOf: (scope) => {
      const options = { scope, client: async () => client, budget: endlessBudget };
      return {
        reader: createEc2InstanceReader({ ...options, pageSize: 100 }),
        readZoneIds: createZoneReader({ ...options, clock: { monotonicMs: () => 0 } }),
      };
    },
  });
}
