import { AwsError } from '../error';
import { listOf, required } from '../query';
import type { Action, AwsRequest } from '../request';
import { isAt, type VpcEndpoint } from '../world/model';
import { endpointNotFound, serviceIdNotFound } from '../world/not-found';
import { element, list, wrap } from '../xml';
import { ipAddressTypeOf } from './endpoints';
import { describe } from './listing';
import { tagsXml } from './network';

/** The provider's view: connections of any account to the caller's services in the region. */
export const describeVpcEndpointConnections = describe<VpcEndpoint>({
  set: 'vpcEndpointConnectionSet',
  all: ({ world, caller }) => world.endpoints().filter((one) => isAt(one.service, caller)),
  minimumPage: 5,
  fields: new Map([
    ['service-id', (one) => one.service.id],
    ['vpc-endpoint-owner', (one) => one.account],
    ['vpc-endpoint-state', (one) => one.state],
    ['vpc-endpoint-id', (one) => one.id],
    ['ip-address-type', ipAddressTypeOf],
    ['vpc-endpoint-region', (one) => one.region],
  ]),
  write: connectionXml,
});

/** The provider takes connections to one of its services. */
export const acceptVpcEndpointConnections = forEachConnection((request, id) => request.world.accept(id));

/** The provider refuses connections to one of its services. */
export const rejectVpcEndpointConnections = forEachConnection((request, id) => request.world.reject(id));

/** The consumer deletes its own endpoints. */
export const deleteVpcEndpoints = forEachEndpoint((request, id) => {
  const endpoint = request.world.endpoint(id);
  if (!endpoint || !isAt(endpoint, request.caller)) throw endpointNotFound(id);
  request.world.deleteEndpoint(id);
});

/**
 * The provider's action on connections of one of its services. Throws
 * InvalidVpcEndpointServiceId.NotFound.
 */
function forEachConnection(act: (request: AwsRequest, id: string) => void): Action {
  const each = forEachEndpoint((request, id) => {
    if (request.world.endpoint(id)?.service.id !== request.query.get('ServiceId')) throw endpointNotFound(id);
    act(request, id);
  });
  return (request) => {
    const serviceId = required(request.query, 'ServiceId');
    if (request.world.services(request.caller).some(({ id }) => id === serviceId)) return each(request);
    throw serviceIdNotFound(serviceId);
  };
}

/** Acts on each named endpoint. The answer lists refusals, and the rest goes on. */
function forEachEndpoint(act: (request: AwsRequest, id: string) => void): Action {
  return (request) => {
    const refused = listOf(request.query, 'VpcEndpointId').flatMap((id) => {
      try {
        act(request, id);
        return [];
      } catch (error) {
        if (!(error instanceof AwsError)) throw error;
        const reason = element('code', error.code) + element('message', error.message);
        return wrap('error', reason) + element('resourceId', id);
      }
    });
    return list('unsuccessful', refused);
  };
}

function connectionXml(endpoint: VpcEndpoint): string {
  return (
    element('serviceId', endpoint.service.id) +
    element('vpcEndpointId', endpoint.id) +
    element('vpcEndpointOwner', endpoint.account) +
    element('vpcEndpointState', endpoint.state) +
    element('vpcEndpointRegion', endpoint.region) +
    element('ipAddressType', ipAddressTypeOf(endpoint)) +
    element('creationTimestamp', new Date(endpoint.createdAtMs).toISOString()) +
    tagsXml({})
  );
}
