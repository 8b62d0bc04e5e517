import { AwsError } from '../error';
import { isAt, type Place, type Subnet, type Tags, type Vpc } from './model';
import type { WorldState } from './state';
import { zonesOf } from './zones';

export type VpcSpec = Place & {
  readonly id?: string;
  /** First two bytes of its addresses, such as `10.7`; absent: the next that are free. */
  readonly network?: string;
  /** Zones with a subnet; absent: all. */
  readonly zoneIds?: readonly string[];
  readonly tags?: Tags;
};

/** AWS keeps the first four addresses of every subnet. */
const reservedHosts = 4;

/**
 * Adds a VPC with one subnet in each of its zones. From the 257th VPC on, address ranges overlap,
 * as in large estates.
 */
export function createVpc(state: WorldState, spec: VpcSpec, isDefault = false): Vpc {
  const { account, region, tags = {}, network = `10.${state.vpcs.size % 256}` } = spec;
  const { id: issuedId, sequence } = state.issue('vpc');
  const id = spec.id ?? issuedId;
  const zones = zonesOf(spec).filter(({ id: zoneId }) => spec.zoneIds?.includes(zoneId) ?? true);
  const subnets = zones.map((zone, index) => {
    const cidr = `${network}.${index * 16}.0/20`;
    return { ...state.issue('subnet'), account, region, tags: {}, vpcId: id, zone, cidr };
  });
  const vpc = { account, region, id, sequence, tags, isDefault, subnets, cidr: `${network}.0.0/16` };
  state.vpcs.set(id, vpc);
  return vpc;
}

/**
 * Returns the VPC `id` of an account and region, or its default VPC, made on first use. Throws
 * InvalidVpcId.NotFound.
 */
export function vpcAt(state: WorldState, place: Place, id: string | undefined): Vpc {
  if (id === undefined) return defaultVpcAt(state, place) ?? createVpc(state, place, true);
  const vpc = state.vpcs.get(id);
  if (!vpc || !isAt(vpc, place)) throw new AwsError('InvalidVpcId.NotFound', `The vpc ID '${id}' does not exist`);
  return vpc;
}

/** The VPC's subnet in a zone; throws InvalidParameter when the region has no such zone. */
export function subnetIn(vpc: Vpc, zoneId: string): Subnet {
  const subnet = vpc.subnets.find(({ zone }) => zone.id === zoneId);
  if (!subnet) throw new AwsError('InvalidParameter', `${vpc.region} has no availability zone '${zoneId}'`);
  return subnet;
}

/** The next free IPv4 address; throws InsufficientFreeAddressesInSubnet after about 4,000. */
export function takeAddress(state: WorldState, subnet: Subnet): string {
  const host = state.hosts.get(subnet.id) ?? reservedHosts;
  if (host >= 4095) {
    const message = `The specified subnet '${subnet.id}' does not have enough free addresses; use another VPC`;
    throw new AwsError('InsufficientFreeAddressesInSubnet', message);
  }
  state.hosts.set(subnet.id, host + 1);
  const [first, second, third] = subnet.cidr.split('.').map(Number);
  return `${first}.${second}.${Number(third) + (host >> 8)}.${host & 255}`;
}

function defaultVpcAt(state: WorldState, place: Place): Vpc | undefined {
  return [...state.vpcs.values()].find((vpc) => vpc.isDefault && isAt(vpc, place));
}
