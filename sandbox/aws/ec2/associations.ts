import { listOf } from '../query';
import type { Association } from '../world/model';
import { element } from '../xml';
import { describe } from './listing';

/** The resources behind the caller's endpoints of type Resource. */
export const describeVpcEndpointAssociations = describe<Association>({
  set: 'vpcEndpointAssociationSet',
  all: ({ world, caller, query }) => {
    const asked = new Set(listOf(query, 'VpcEndpointId'));
    const endpoints = world.endpoints(caller).filter(({ id }) => asked.size === 0 || asked.has(id));
    return endpoints.flatMap(({ associations }) => associations);
  },
  largestPage: 100,
  fields: new Map<string, (one: Association) => string>([
    ['association-id', (one) => one.id],
    ['vpc-endpoint-id', (one) => one.endpointId],
    ['associated-resource-accessibility', (one) => one.accessibility],
  ]),
  write: (one) =>
    element('id', one.id) +
    element('vpcEndpointId', one.endpointId) +
    element('associatedResourceAccessibility', one.accessibility) +
    element('associatedResourceArn', one.resourceArn) +
    (one.failure ? element('failureCode', one.failure.code) + element('failureReason', one.failure.message) : ''),
});
