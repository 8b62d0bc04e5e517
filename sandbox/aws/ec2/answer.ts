import { AwsError } from '../error';
import type { Action, AwsRequest } from '../request';
import { element, wrap } from '../xml';
import { describeVpcEndpointAssociations } from './associations';
import {
  acceptVpcEndpointConnections,
  deleteVpcEndpoints,
  describeVpcEndpointConnections,
  rejectVpcEndpointConnections,
} from './connections';
import { createVpcEndpoint } from './create-endpoint';
import { describeVpcEndpoints } from './endpoints';
import { describeInstances } from './instances';
import { describeAvailabilityZones, describeNetworkInterfaces, describeSubnets, describeVpcs } from './network';
import {
  describeVpcEndpointServiceConfigurations,
  describeVpcEndpointServicePermissions,
  modifyVpcEndpointServicePermissions,
} from './own-services';
import { describeVpcPeeringConnections } from './peerings';
import { describeVpcEndpointServices } from './services';
import { createTags, deleteTags } from './tags';

const actions = new Map<string, Action>([
  ['AcceptVpcEndpointConnections', acceptVpcEndpointConnections],
  ['CreateTags', createTags],
  ['CreateVpcEndpoint', createVpcEndpoint],
  ['DeleteTags', deleteTags],
  ['DeleteVpcEndpoints', deleteVpcEndpoints],
  ['DescribeAvailabilityZones', describeAvailabilityZones],
  ['DescribeInstances', describeInstances],
  ['DescribeNetworkInterfaces', describeNetworkInterfaces],
  ['DescribeSubnets', describeSubnets],
  ['DescribeVpcEndpointAssociations', describeVpcEndpointAssociations],
  ['DescribeVpcEndpointConnections', describeVpcEndpointConnections],
  ['DescribeVpcEndpointServiceConfigurations', describeVpcEndpointServiceConfigurations],
  ['DescribeVpcEndpointServicePermissions', describeVpcEndpointServicePermissions],
  ['DescribeVpcEndpointServices', describeVpcEndpointServices],
  ['DescribeVpcEndpoints', describeVpcEndpoints],
  ['DescribeVpcPeeringConnections', describeVpcPeeringConnections],
  ['DescribeVpcs', describeVpcs],
  ['ModifyVpcEndpointServicePermissions', modifyVpcEndpointServicePermissions],
  ['RejectVpcEndpointConnections', rejectVpcEndpointConnections],
]);

/** Answered actions; others are refused by name. */
export const ec2Actions: readonly string[] = [...actions.keys()];

/** Answers one EC2 call; throws AwsError. */
export function answerEc2(request: AwsRequest): string {
  const { action, requestId, query } = request;
  const perform = actions.get(action);
  if (!perform) throw new AwsError('InvalidAction', `The action ${action} is not valid for this web service.`);
  if (query.get('DryRun') === 'true')
    throw new AwsError('DryRunOperation', 'Request would have succeeded, but DryRun flag is set.', 412);
  const inside = element('requestId', requestId) + perform(request);
  return `<${action}Response xmlns="http://ec2.amazonaws.com/doc/2016-11-15/">${inside}</${action}Response>`;
}

/** The error in EC2's own form. */
export function refuseEc2(error: AwsError, requestId: string): string {
  const inside = wrap('Error', element('Code', error.code), element('Message', error.message));
  return wrap('Response', wrap('Errors', inside), element('RequestID', requestId));
}
