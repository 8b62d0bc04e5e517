import { AwsError } from '../error';
import { listOf, type Query, required } from '../query';
import type { AwsRequest } from '../request';
import type { Subnet, Tags } from '../world/model';
import { serviceNotFound } from '../world/not-found';
import { wrap } from '../xml';
import { endpointXml } from './endpoints';
import { newTagsOf } from './tags';

/**
 * Creates an interface endpoint of the caller with an interface in each subnet. Throws AWS's
 * errors, and the world's.
 */
export function createVpcEndpoint({ world, caller, query }: AwsRequest): string {
  requireInterface(query);
  const { account, region } = caller;
  const vpcId = required(query, 'VpcId');
  const serviceName = required(query, 'ServiceName');
  const service = world.services().find(({ name }) => name === serviceName);
  // A service of another region is found only where the call names the region.
  if (service && service.region !== (query.get('ServiceRegion') ?? region)) throw serviceNotFound(serviceName);
  if (!world.vpcs(caller).some(({ id }) => id === vpcId))
    throw new AwsError('InvalidVpcId.NotFound', `The Vpc Id ${vpcId} does not exist`);
  const interfaces = subnetsOf(query, world.subnets(caller)).map(({ zone }) => ({ zoneId: zone.id }));
  const endpoint = world.createEndpoint({ account, region, vpcId, serviceName, tags: tagsOf(query), interfaces });
  return wrap('vpcEndpoint', endpointXml(endpoint));
}

/** Services of the sandbox have interfaces alone. AWS's default type is Gateway. */
function requireInterface(query: Query): void {
  const type = query.get('VpcEndpointType') ?? 'Gateway';
  if (type !== 'Interface')
    throw invalid(`Endpoint type (${type}) does not match available service types ([Interface]).`);
}

function subnetsOf(query: Query, subnets: readonly Subnet[]): readonly Subnet[] {
  const vpcId = query.get('VpcId');
  const found = listOf(query, 'SubnetId').map((id) => {
    const subnet = subnets.find((one) => one.id === id);
    if (!subnet) throw new AwsError('InvalidSubnetId.NotFound', `The subnet ID '${id}' does not exist`);
    if (subnet.vpcId !== vpcId) throw invalid(`Subnet ${id} does not belong to VPC ${vpcId}`);
    return subnet;
  });
  const twice = found.find(({ zone }, index) => found.findIndex((one) => one.zone.id === zone.id) !== index);
  if (!twice) return found;
  const message = `Found another VPC endpoint subnet in the availability zone of ${twice.id}`;
  throw new AwsError('DuplicateSubnetsInSameZone', message);
}

function tagsOf(query: Query): Tags {
  const type = query.get('TagSpecification.1.ResourceType') ?? 'vpc-endpoint';
  if (type === 'vpc-endpoint') return newTagsOf(query, 'TagSpecification.1.Tag');
  const message = `'${type}' is not a valid taggable resource type for this operation.`;
  throw new AwsError('InvalidParameterValue', message);
}

function invalid(message: string): AwsError {
  return new AwsError('InvalidParameter', message);
}
