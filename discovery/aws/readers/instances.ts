import type { DescribeInstancesCommandOutput, EC2Client } from '@aws-sdk/client-ec2';
import { z } from 'zod';
import { optionalText, parseAnswer, readableItems, tagList } from '../answers';
import { readAwsList } from '../pages';
import { loadEc2 } from '../sdk';
import { findGone } from './gone-by-id';
import { parseInstanceState } from './instance-states';
import type { Ec2ReaderOptions } from './listing';
import type { Zoned } from './zones';

/**
 * One instance as AWS states it, with the used fields only. Fields that AWS may leave out are
 * optional (fm-23).
 */
export type Ec2InstanceItem = Zoned & {
  readonly id: string;
  /** AWS's spelling, such as `shutting-down`. */
  readonly state?: string;
  readonly reason?: string;
  readonly createdAtMs?: number;
  readonly vpcId?: string;
  /** The IPv4 and the IPv6 address of the primary interface. */
  readonly ips: readonly string[];
  readonly tags: ReadonlyMap<string, string>;
  /** Why only its id can be read (fm-45). */
  readonly misfit?: string;
};

/** What discovery reads of EC2 in one account and region. */
export interface Ec2InstanceReader {
  /** Tagged instances in any state. Complete, or throws PrivatelinkError. */
  listInstances(tagKey: string, signal: AbortSignal): Promise<readonly Ec2InstanceItem[]>;
  /** The instances that AWS does not know, or knows in a terminal state. */
  findGone(ids: readonly string[], signal: AbortSignal): Promise<readonly string[]>;
}

/** Reads through the SDK, page by page. */
export function createEc2InstanceReader({ scope, client, pageSize, budget }: Ec2ReaderOptions): Ec2InstanceReader {
  return {
    listInstances: (tagKey, signal) =>
      readAwsList({ action: 'ec2:DescribeInstances', page: instancesPage, scope, budget, signal }, (token) =>
        describeInstances({ client, tagKey, pageSize, token }, signal),
      ),
    findGone: (ids, signal) => {
      const describe = async (left: readonly string[]) => {
        const { items } = parseAnswer(instancesPage, await describeById(client, left, signal), scope);
        return items.map(({ id, state = '' }) => ({ id, state: parseInstanceState(state) }));
      };
      return findGone(ids, { scope, budget, action: 'DescribeInstances', describe }, signal);
    },
  };
}

type PageRequest = {
  readonly client: () => Promise<EC2Client>;
  readonly tagKey: string;
  readonly pageSize: number;
  readonly token?: string;
};

/**
 * No filter by state: an instance in a new state would seem to be gone. Instances that AWS hides
 * from lists are included (fm-64).
 */
async function describeInstances(
  { client, tagKey, pageSize, token }: PageRequest,
  abortSignal: AbortSignal,
): Promise<DescribeInstancesCommandOutput> {
  const { DescribeInstancesCommand } = await loadEc2();
  const Filters = [{ Name: 'tag-key', Values: [tagKey] }];
  const input = { Filters, MaxResults: pageSize, NextToken: token, IncludeManagedResources: true };
  return (await client()).send(new DescribeInstancesCommand(input), { abortSignal });
}

async function describeById(
  client: () => Promise<EC2Client>,
  ids: readonly string[],
  abortSignal: AbortSignal,
): Promise<DescribeInstancesCommandOutput> {
  const { DescribeInstancesCommand } = await loadEc2();
  const input = { InstanceIds: [...ids], IncludeManagedResources: true };
  return (await client()).send(new DescribeInstancesCommand(input), { abortSignal });
}

const networkInterface = z.object({
  Attachment: z.object({ DeviceIndex: z.number().nullish(), NetworkCardIndex: z.number().nullish() }).nullish(),
  Ipv6Addresses: z.array(z.object({ Ipv6Address: optionalText, IsPrimaryIpv6: z.boolean().nullish() })).nullish(),
});

const instanceItem = z
  .object({
    InstanceId: z.string().min(1),
    State: z.object({ Name: optionalText }).nullish(),
    StateReason: z.object({ Message: optionalText }).nullish(),
    LaunchTime: z.date().nullish(),
    VpcId: optionalText,
    PrivateIpAddress: optionalText,
    Placement: z.object({ AvailabilityZone: optionalText, AvailabilityZoneId: optionalText }).nullish(),
    NetworkInterfaces: z.array(networkInterface).nullish(),
    Tags: tagList,
  })
  .transform(
    (item): Ec2InstanceItem => ({
      id: item.InstanceId,
      state: item.State?.Name,
      reason: item.StateReason?.Message,
      createdAtMs: item.LaunchTime?.getTime(),
      vpcId: item.VpcId,
      zoneId: item.Placement?.AvailabilityZoneId,
      zoneName: item.Placement?.AvailabilityZone,
      ips: [item.PrivateIpAddress, ipv6Of(item.NetworkInterfaces ?? [])].flatMap((ip) => ip ?? []),
      tags: item.Tags,
    }),
  );

const instancesPage = z
  .object({
    Reservations: z.array(
      z.object({
        Instances: readableItems(instanceItem, 'InstanceId', (one) => ({ ...one, ips: [], tags: new Map() })),
      }),
    ),
    NextToken: optionalText,
  })
  .transform(({ Reservations, NextToken }) => ({
    items: Reservations.flatMap(({ Instances }) => Instances),
    NextToken,
  }));

/**
 * The other addresses of an instance often belong to its containers. The instance's tags do not
 * cover those.
 */
function ipv6Of(interfaces: readonly z.infer<typeof networkInterface>[]): string | undefined {
  const primary = interfaces.find(
    ({ Attachment }) => Attachment?.DeviceIndex === 0 && (Attachment.NetworkCardIndex ?? 0) === 0,
  );
  const addresses = primary?.Ipv6Addresses ?? [];
  return (addresses.find((one) => one.IsPrimaryIpv6) ?? addresses[0])?.Ipv6Address;
}
