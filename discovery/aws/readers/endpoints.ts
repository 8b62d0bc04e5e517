import type {
  DescribeNetworkInterfacesCommandOutput,
  DescribeVpcEndpointsCommandOutput,
  EC2Client,
} from '@aws-sdk/client-ec2';
import { z } from 'zod';
import { parseEndpointState } from '#core/endpoint-states';
import { optionalText, parseAnswer, readableItems, tagList } from '../answers';
import { wrapAwsError } from '../errors';
import { readAwsList } from '../pages';
import { loadEc2 } from '../sdk';
import { type AssociationItem, associationsOf } from './associations';
import { describeExisting, findGone } from './gone-by-id';
import { createLister, type Ec2ReaderOptions } from './listing';
import type { Zoned } from './zones';

/**
 * One VPC endpoint as AWS states it, with the used fields only. Fields that AWS may leave out are
 * optional (fm-23).
 */
export type VpcEndpointItem = {
  readonly id: string;
  /** AWS's spelling, such as `GatewayLoadBalancer`. */
  readonly type?: string;
  /** The id of its AWS account. */
  readonly ownerId?: string;
  readonly state?: string;
  readonly reason?: string;
  readonly createdAtMs?: number;
  /** For type Resource: the ARN of its resource. */
  readonly serviceName?: string;
  readonly vpcId?: string;
  readonly interfaceIds: readonly string[];
  readonly dnsNames: readonly string[];
  readonly tags: ReadonlyMap<string, string>;
  /** Why only its id can be read (fm-45). */
  readonly misfit?: string;
};

export type InterfaceItem = Zoned & {
  readonly id: string;
  readonly ips: readonly string[];
  readonly misfit?: string;
};

/** Without `tagKey`, untagged endpoints are listed too. */
export type EndpointFilter = { readonly tagKey?: string; readonly vpcIds?: readonly string[] };

/**
 * What discovery reads of EC2 in one account and region. Every list is complete, or the call throws
 * PrivatelinkError.
 */
export interface Ec2Reader {
  listEndpoints(filter: EndpointFilter, signal: AbortSignal): Promise<readonly VpcEndpointItem[]>;
  listInterfaces(ids: readonly string[], signal: AbortSignal): Promise<readonly InterfaceItem[]>;
  /** The targets of endpoints of type Resource. */
  listAssociations(endpointIds: readonly string[], signal: AbortSignal): Promise<readonly AssociationItem[]>;
  /** The endpoints that AWS does not know, or knows in a terminal state. */
  findGone(ids: readonly string[], signal: AbortSignal): Promise<readonly string[]>;
}

export function createEc2Reader(options: Ec2ReaderOptions): Ec2Reader {
  const { scope, client, pageSize, budget } = options;
  return {
    listEndpoints: (filter, signal) =>
      readAwsList({ action: 'ec2:DescribeVpcEndpoints', page: endpointsPage, scope, budget, signal }, (token) =>
        describeEndpoints({ client, filter, pageSize, token }, signal),
      ),
    listInterfaces: async (ids, signal) => {
      const items: InterfaceItem[] = [];
      for (let start = 0; start < ids.length; start += pageSize) {
        const batch = ids.slice(start, start + pageSize);
        const answer = await wrapAwsError('ec2:DescribeNetworkInterfaces', scope, () =>
          describeExisting(batch, async (existing) => {
            await budget.take({ ...scope, action: 'DescribeNetworkInterfaces' }, signal);
            return describeInterfaces(client, existing, signal);
          }),
        );
        if (answer) items.push(...parseAnswer(interfacesPage, answer, scope).NetworkInterfaces);
      }
      return items;
    },
    listAssociations: (endpointIds, signal) => createLister(options).listBy(endpointIds, associationsOf, signal),
    findGone: (ids, signal) => {
      const describe = async (left: readonly string[]) => {
        const { items } = parseAnswer(endpointsPage, await describeById(client, left, signal), scope);
        return items.map(({ id, state = '' }) => ({ id, state: parseEndpointState(state) }));
      };
      return findGone(ids, { scope, budget, action: 'DescribeVpcEndpoints', describe }, signal);
    },
  };
}

type PageRequest = Pick<Ec2ReaderOptions, 'client' | 'pageSize'> & {
  readonly filter: EndpointFilter;
  readonly token?: string;
};

/** No filter by type: an endpoint of an unsupported type would seem to be missing (fm-62). */
async function describeEndpoints(
  { client, filter, pageSize, token }: PageRequest,
  abortSignal: AbortSignal,
): Promise<DescribeVpcEndpointsCommandOutput> {
  const { DescribeVpcEndpointsCommand } = await loadEc2();
  const Filters = [
    ...(filter.tagKey === undefined ? [] : [{ Name: 'tag-key', Values: [filter.tagKey] }]),
    ...(filter.vpcIds ? [{ Name: 'vpc-id', Values: [...filter.vpcIds] }] : []),
  ];
  return (await client()).send(new DescribeVpcEndpointsCommand({ Filters, MaxResults: pageSize, NextToken: token }), {
    abortSignal,
  });
}

async function describeById(
  client: () => Promise<EC2Client>,
  ids: readonly string[],
  abortSignal: AbortSignal,
): Promise<DescribeVpcEndpointsCommandOutput> {
  const { DescribeVpcEndpointsCommand } = await loadEc2();
  return (await client()).send(new DescribeVpcEndpointsCommand({ VpcEndpointIds: [...ids] }), { abortSignal });
}

/** Includes interfaces that AWS hides from lists: hidden is not absent (fm-64). */
async function describeInterfaces(
  client: () => Promise<EC2Client>,
  ids: readonly string[],
  abortSignal: AbortSignal,
): Promise<DescribeNetworkInterfacesCommandOutput> {
  const { DescribeNetworkInterfacesCommand } = await loadEc2();
  const input = { NetworkInterfaceIds: [...ids], IncludeManagedResources: true };
  return (await client()).send(new DescribeNetworkInterfacesCommand(input), { abortSignal });
}

const endpointItem = z
  .object({
    VpcEndpointId: z.string().min(1),
    VpcEndpointType: optionalText,
    OwnerId: optionalText,
    State: optionalText,
    LastError: z.object({ Code: optionalText, Message: optionalText }).nullish(),
    FailureReason: optionalText,
    CreationTimestamp: z.date().nullish(),
    ServiceName: optionalText,
    ResourceConfigurationArn: optionalText,
    VpcId: optionalText,
    NetworkInterfaceIds: z.array(z.string()).nullish(),
    DnsEntries: z.array(z.object({ DnsName: optionalText })).nullish(),
    Tags: tagList,
  })
  .transform(
    (item): VpcEndpointItem => ({
      id: item.VpcEndpointId,
      type: item.VpcEndpointType,
      ownerId: item.OwnerId,
      state: item.State,
      reason: item.LastError?.Message ?? item.LastError?.Code ?? item.FailureReason,
      createdAtMs: item.CreationTimestamp?.getTime(),
      serviceName: item.ServiceName || item.ResourceConfigurationArn,
      vpcId: item.VpcId,
      interfaceIds: item.NetworkInterfaceIds ?? [],
      dnsNames: (item.DnsEntries ?? []).flatMap((entry) => entry.DnsName ?? []),
      tags: item.Tags,
    }),
  );

const endpointsPage = z
  .object({
    VpcEndpoints: readableItems(endpointItem, 'VpcEndpointId', (one) => ({
      ...one,
      interfaceIds: [],
      dnsNames: [],
      tags: new Map(),
    })),
    NextToken: optionalText,
  })
  .transform(({ VpcEndpoints, NextToken }) => ({ items: VpcEndpoints, NextToken }));

const interfaceItem = z
  .object({
    NetworkInterfaceId: z.string().min(1),
    AvailabilityZone: optionalText,
    AvailabilityZoneId: optionalText,
    PrivateIpAddress: optionalText,
    PrivateIpAddresses: z.array(z.object({ PrivateIpAddress: optionalText })).nullish(),
    Ipv6Addresses: z.array(z.object({ Ipv6Address: optionalText })).nullish(),
  })
  .transform((item): InterfaceItem => {
    const v4 = (item.PrivateIpAddresses ?? []).map((one) => one.PrivateIpAddress);
    const v6 = (item.Ipv6Addresses ?? []).map((one) => one.Ipv6Address);
    const ips = [item.PrivateIpAddress, ...v4, ...v6].flatMap((ip) => ip ?? []);
    const zone = { zoneId: item.AvailabilityZoneId, zoneName: item.AvailabilityZone };
    return { id: item.NetworkInterfaceId, ...zone, ips: [...new Set(ips)] };
  });

const interfacesPage = z.object({
  NetworkInterfaces: readableItems(interfaceItem, 'NetworkInterfaceId', (one) => ({ ...one, ips: [] })),
});
