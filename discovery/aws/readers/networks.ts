import { z } from 'zod';
import { optionalText } from '../answers';
import { createLister, type Ec2ReaderOptions, type Listing } from './listing';

/** A provider's endpoint service. Its zones are ids, or names of the asking account. */
export type EndpointServiceItem = {
  readonly name: string;
  readonly zoneIds: readonly string[];
  readonly zoneNames: readonly string[];
};

export type SubnetItem = { readonly vpcId: string; readonly zoneId: string };

/** `ranges` in CIDR notation of IPv4. */
export type VpcItem = { readonly vpcId: string; readonly ranges: readonly string[] };

export type PeeringItem = {
  readonly id: string;
  /** AWS's spelling, such as `pending-acceptance`. */
  readonly status: string;
  readonly message?: string;
  readonly sides: readonly [VpcItem, VpcItem];
};

/**
 * What findings read of EC2 in one account and region. Every list is complete, or the call throws
 * PrivatelinkError. Items that AWS does not know or does not show are missing.
 */
export interface NetworkReader {
  listServices(names: readonly string[], signal: AbortSignal): Promise<readonly EndpointServiceItem[]>;
  listSubnets(vpcIds: readonly string[], signal: AbortSignal): Promise<readonly SubnetItem[]>;
  listVpcs(vpcIds: readonly string[], signal: AbortSignal): Promise<readonly VpcItem[]>;
  /** All peerings of the account and region: two filters would have to match both sides at once. */
  listPeerings(signal: AbortSignal): Promise<readonly PeeringItem[]>;
}

export function createNetworkReader(options: Ec2ReaderOptions): NetworkReader {
  const { list, listBy } = createLister(options);
  return {
    listServices: (names, signal) => listBy(names, servicesNamed, signal),
    listSubnets: (vpcIds, signal) => listBy(vpcIds, subnetsOf, signal),
    listVpcs: (vpcIds, signal) => listBy(vpcIds, vpcsOf, signal),
    listPeerings: (signal) => list(peerings, signal),
  };
}

const serviceItem = z
  .object({
    ServiceName: z.string().min(1),
    AvailabilityZoneIds: z.array(z.string()).nullish(),
    AvailabilityZones: z.array(z.string()).nullish(),
  })
  .transform(
    (item): EndpointServiceItem => ({
      name: item.ServiceName,
      zoneIds: item.AvailabilityZoneIds ?? [],
      zoneNames: item.AvailabilityZones ?? [],
    }),
  );

function servicesNamed(Values: string[]): Listing<EndpointServiceItem> {
  return {
    action: 'ec2:DescribeVpcEndpointServices',
    ask: ({ DescribeVpcEndpointServicesCommand }, paging, { client, abort }) =>
      client.send(
        new DescribeVpcEndpointServicesCommand({ Filters: [{ Name: 'service-name', Values }], ...paging }),
        abort,
      ),
    page: z
      .object({ ServiceDetails: z.array(serviceItem), NextToken: optionalText })
      .transform(({ ServiceDetails: items, NextToken }) => ({ items, NextToken })),
  };
}

const subnetItem = z.object({ VpcId: optionalText, AvailabilityZoneId: optionalText });

function subnetsOf(Values: string[]): Listing<SubnetItem> {
  return {
    action: 'ec2:DescribeSubnets',
    ask: ({ DescribeSubnetsCommand }, paging, { client, abort }) =>
      client.send(new DescribeSubnetsCommand({ Filters: [{ Name: 'vpc-id', Values }], ...paging }), abort),
    page: z.object({ Subnets: z.array(subnetItem), NextToken: optionalText }).transform(({ Subnets, NextToken }) => ({
      items: Subnets.flatMap(({ VpcId: vpcId, AvailabilityZoneId: zoneId }) =>
        vpcId && zoneId ? [{ vpcId, zoneId }] : [],
      ),
      NextToken,
    })),
  };
}

const vpcItem = z
  .object({
    VpcId: z.string().min(1),
    CidrBlock: optionalText,
    CidrBlockAssociationSet: z.array(z.object({ CidrBlock: optionalText })).nullish(),
  })
  .transform(
    (item): VpcItem => ({
      vpcId: item.VpcId,
      ranges: rangesOf(item.CidrBlock, item.CidrBlockAssociationSet),
    }),
  );

function vpcsOf(Values: string[]): Listing<VpcItem> {
  return {
    action: 'ec2:DescribeVpcs',
    ask: ({ DescribeVpcsCommand }, paging, { client, abort }) =>
      client.send(new DescribeVpcsCommand({ Filters: [{ Name: 'vpc-id', Values }], ...paging }), abort),
    page: z
      .object({ Vpcs: z.array(vpcItem), NextToken: optionalText })
      .transform(({ Vpcs: items, NextToken }) => ({ items, NextToken })),
  };
}

const side = z
  .object({
    VpcId: optionalText,
    CidrBlock: optionalText,
    CidrBlockSet: z.array(z.object({ CidrBlock: optionalText })).nullish(),
  })
  .transform((one): VpcItem => ({ vpcId: one.VpcId ?? '', ranges: rangesOf(one.CidrBlock, one.CidrBlockSet) }));

const peeringItem = z
  .object({
    VpcPeeringConnectionId: z.string().min(1),
    Status: z.object({ Code: optionalText, Message: optionalText }).nullish(),
    RequesterVpcInfo: side,
    AccepterVpcInfo: side,
  })
  .transform(
    (item): PeeringItem => ({
      id: item.VpcPeeringConnectionId,
      status: item.Status?.Code ?? 'unknown',
      message: item.Status?.Message,
      sides: [item.RequesterVpcInfo, item.AccepterVpcInfo],
    }),
  );

const peerings: Listing<PeeringItem> = {
  action: 'ec2:DescribeVpcPeeringConnections',
  ask: ({ DescribeVpcPeeringConnectionsCommand }, paging, { client, abort }) =>
    client.send(new DescribeVpcPeeringConnectionsCommand(paging), abort),
  page: z
    .object({ VpcPeeringConnections: z.array(peeringItem), NextToken: optionalText })
    .transform(({ VpcPeeringConnections: items, NextToken }) => ({ items, NextToken })),
};

function rangesOf(first: string | undefined, set: readonly { readonly CidrBlock?: string }[] | null | undefined) {
  return [...new Set([first, ...(set ?? []).map(({ CidrBlock }) => CidrBlock)].flatMap((range) => range ?? []))];
}
