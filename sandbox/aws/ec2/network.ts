import { AwsError } from '../error';
import { listOf } from '../query';
import type { AwsRequest } from '../request';
import type { NetworkInterface, Subnet, Tags, Vpc, Zone } from '../world/model';
import { zonesOf } from '../world/zones';
import { element, list } from '../xml';
import { parseFilters } from './filters';
import { describe } from './listing';

/** The caller's interfaces: by up to 1000 ids, or page by page. */
export const describeNetworkInterfaces = describe<NetworkInterface>({
  set: 'networkInterfaceSet',
  all: ({ world, caller }) => world.interfaces(caller),
  ids: {
    parameter: 'NetworkInterfaceId',
    notFound: 'InvalidNetworkInterfaceID.NotFound',
    find: ({ world }, id) => world.interface(id),
  },
  minimumPage: 5,
  fields: new Map([
    ['network-interface-id', (one) => one.id],
    ['vpc-id', (one) => one.vpcId],
    ['subnet-id', (one) => one.subnetId],
    ['availability-zone', (one) => one.zone.name],
    ['availability-zone-id', (one) => one.zone.id],
    ['private-ip-address', (one) => one.ip],
  ]),
  write: interfaceXml,
});

/** The caller's subnets. */
export const describeSubnets = describe<Subnet>({
  set: 'subnetSet',
  all: ({ world, caller }) => world.subnets(caller),
  ids: {
    parameter: 'SubnetId',
    notFound: 'InvalidSubnetID.NotFound',
    find: ({ world }, id) => world.subnets().find((one) => one.id === id),
  },
  minimumPage: 5,
  fields: new Map([
    ['subnet-id', (one) => one.id],
    ['vpc-id', (one) => one.vpcId],
    ['availability-zone', (one) => one.zone.name],
    ['availability-zone-id', (one) => one.zone.id],
  ]),
  write: subnetXml,
});

/** The caller's VPCs. */
export const describeVpcs = describe<Vpc>({
  set: 'vpcSet',
  all: ({ world, caller }) => world.vpcs(caller),
  ids: {
    parameter: 'VpcId',
    notFound: 'InvalidVpcID.NotFound',
    find: ({ world }, id) => world.vpcs().find((one) => one.id === id),
  },
  minimumPage: 5,
  fields: new Map([
    ['vpc-id', (one) => one.id],
    ['cidr', (one) => one.cidr],
    ['is-default', (one) => String(one.isDefault)],
  ]),
  write: vpcXml,
});

const zoneFields = new Map<string, (zone: Zone & { readonly tags: Tags }) => string>([
  ['zone-name', (zone) => zone.name],
  ['zone-id', (zone) => zone.id],
  ['state', () => 'available'],
]);

/** All zones of the caller's region under the names that its account knows; there are no pages. */
export function describeAvailabilityZones({ caller, query }: AwsRequest): string {
  const zones = zonesOf(caller).map((zone) => ({ ...zone, tags: {} }));
  const names = listOf(query, 'ZoneName');
  const ids = listOf(query, 'ZoneId');
  const known = new Set(zones.flatMap(({ id, name }) => [id, name]));
  const unknown = [...names, ...ids].filter((zone) => !known.has(zone));
  if (unknown.length > 0) throw new AwsError('InvalidParameterValue', `Invalid availability zone: [${unknown}]`);
  const isAsked = (zone: Zone) => names.length + ids.length === 0 || names.includes(zone.name) || ids.includes(zone.id);
  const matches = parseFilters(query, zoneFields);
  const items = zones.filter((zone) => isAsked(zone) && matches(zone)).map((zone) => zoneXml(zone, caller.region));
  return list('availabilityZoneInfo', items);
}

/** Tags as every EC2 answer writes them. */
export function tagsXml(tags: Tags): string {
  return list(
    'tagSet',
    Object.entries(tags).map(([key, value]) => element('key', key) + element('value', value)),
  );
}

function interfaceXml(one: NetworkInterface): string {
  const primary = element('privateIpAddress', one.ip) + element('primary', true);
  return (
    element('networkInterfaceId', one.id) +
    element('subnetId', one.subnetId) +
    element('vpcId', one.vpcId) +
    element('availabilityZone', one.zone.name) +
    element('availabilityZoneId', one.zone.id) +
    element('description', `VPC Endpoint Interface ${one.endpointId}`) +
    element('ownerId', one.account) +
    element('requesterManaged', true) +
    element('status', 'in-use') +
    element('interfaceType', 'vpc_endpoint') +
    element('privateIpAddress', one.ip) +
    list('privateIpAddressesSet', one.ip === undefined ? [] : [primary]) +
    list('ipv6AddressesSet', one.ipv6 === undefined ? [] : [element('ipv6Address', one.ipv6)]) +
    tagsXml(one.tags)
  );
}

function subnetXml(one: Subnet): string {
  return (
    element('subnetId', one.id) +
    element('state', 'available') +
    element('vpcId', one.vpcId) +
    element('cidrBlock', one.cidr) +
    element('availabilityZone', one.zone.name) +
    element('availabilityZoneId', one.zone.id) +
    element('ownerId', one.account) +
    tagsXml(one.tags)
  );
}

function vpcXml(one: Vpc): string {
  return (
    element('vpcId', one.id) +
    element('state', 'available') +
    element('cidrBlock', one.cidr) +
    element('isDefault', one.isDefault) +
    element('ownerId', one.account) +
    tagsXml(one.tags)
  );
}

function zoneXml(zone: Zone, region: string): string {
  return (
    element('zoneName', zone.name) +
    element('zoneId', zone.id) +
    element('zoneState', 'available') +
    element('zoneType', 'availability-zone') +
    element('regionName', region) +
    element('groupName', `${region}-zg-1`) +
    element('networkBorderGroup', region) +
    element('optInStatus', 'opt-in-not-required')
  );
}
