import { digest } from '../world/ids';
import type { VpcEndpoint } from '../world/model';
import { element, list, valueList, wrap } from '../xml';
import { describe } from './listing';
import { tagsXml } from './network';

/** The caller's endpoints, in every state that AWS lists. */
export const describeVpcEndpoints = describe<VpcEndpoint>({
  set: 'vpcEndpointSet',
  all: ({ world, caller }) => world.endpoints(caller),
  ids: {
    parameter: 'VpcEndpointId',
    notFound: 'InvalidVpcEndpointId.NotFound',
    find: ({ world }, id) => world.endpoint(id),
  },
  fields: new Map([
    ['ip-address-type', ipAddressTypeOf],
    ['service-name', (one) => one.service.name],
    ['service-region', (one) => one.service.region],
    ['vpc-id', (one) => one.vpcId],
    ['vpc-endpoint-id', (one) => one.id],
    ['vpc-endpoint-state', (one) => one.state],
    ['vpc-endpoint-type', (one) => one.type],
  ]),
  write: endpointXml,
});

/** Derives the endpoint's address type from its interfaces. */
export function ipAddressTypeOf({ interfaces }: VpcEndpoint): string {
  if (!interfaces.some(({ ipv6 }) => ipv6 !== undefined)) return 'ipv4';
  return interfaces.some(({ ip }) => ip !== undefined) ? 'dualstack' : 'ipv6';
}

/** The endpoint as every EC2 answer writes it. */
export function endpointXml(endpoint: VpcEndpoint): string {
  const { interfaces, lastError } = endpoint;
  return (
    element('vpcEndpointId', endpoint.id) +
    element('vpcEndpointType', endpoint.type) +
    element('vpcId', endpoint.vpcId) +
    reachedXml(endpoint) +
    element('state', endpoint.state) +
    valueList(
      'subnetIdSet',
      interfaces.map(({ subnetId }) => subnetId),
    ) +
    element('ipAddressType', ipAddressTypeOf(endpoint)) +
    element('privateDnsEnabled', false) +
    element('requesterManaged', false) +
    valueList(
      'networkInterfaceIdSet',
      interfaces.map(({ id }) => id),
    ) +
    dnsEntriesXml(endpoint) +
    element('creationTimestamp', new Date(endpoint.createdAtMs).toISOString()) +
    tagsXml(endpoint.tags) +
    element('ownerId', endpoint.account) +
    (lastError ? wrap('lastError', element('message', lastError.message), element('code', lastError.code)) : '')
  );
}

/** An endpoint of type Resource names no service. For a single resource it names the resource. */
function reachedXml({ type, service, associations: [first, second] }: VpcEndpoint): string {
  if (type === 'Resource') return first && !second ? element('resourceConfigurationArn', first.resourceArn) : '';
  return element('serviceName', service.name) + element('serviceRegion', service.region);
}

function dnsEntriesXml({ dnsNames, service }: VpcEndpoint): string {
  const hostedZone = element('hostedZoneId', `Z${digest(service.region, 13).toUpperCase()}`);
  return list(
    'dnsEntrySet',
    dnsNames.map((name) => element('dnsName', name) + hostedZone),
  );
}
