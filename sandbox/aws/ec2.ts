import { AwsError } from './aws-error';
import {
  acceptVpcEndpointConnections,
  deleteVpcEndpoints,
  describeVpcEndpointConnections,
  rejectVpcEndpointConnections,
} from './ec2-connections';
import { createVpcEndpoint, describeVpcEndpoints } from './ec2-endpoints';
import { describeInstances } from './ec2-instances';
import { describeAvailabilityZones, describeNetworkInterfaces, describeSubnets, describeVpcs } from './ec2-network';
import { describeVpcPeeringConnections } from './ec2-peerings';
import { describeVpcEndpointServices } from './ec2-services';
import type { Action, AwsRequest } from './request';
import { element, wrap } from './xml';

const actions = new Map<string, Action>([
  ['AcceptVpcEndpointConnections', acceptVpcEndpointConnections],
  ['CreateVpcEndpoint', createVpcEndpoint],
  ['DeleteVpcEndpoints', deleteVpcEndpoints],
  ['DescribeAvailabilityZones', describeAvailabilityZones],
  ['DescribeInstances', describeInstances],
  ['DescribeNetworkInterfaces', describeNetworkInterfaces],
  ['DescribeSubnets', describeSubnets],
  ['DescribeVpcEndpointConnections', describeVpcEndpointConnections],
  ['DescribeVpcEndpointServices', describeVpcEndpointServices],
  ['DescribeVpcEndpoints', describeVpcEndpoints],
  ['DescribeVpcPeeringConnections', describeVpcPeeringConnections],
  ['DescribeVpcs', describeVpcs],
  ['RejectVpcEndpointConnections', rejectVpcEndpointConnections],
]);

/** Answers one EC2 call; throws AwsError. */
export function answerEc2(request: AwsRequest): string {
  const { action, requestId } = request;
  const perform = actions.get(action);
  if (!perform) throw new AwsError('InvalidAction', `The action ${action} is not valid for this web service.`);
  const inside = element('requestId', requestId) + perform(request);
  return `<${action}Response xmlns="http://ec2.amazonaws.com/doc/2016-11-15/">${inside}</${action}Response>`;
}

/** The error in EC2's own form. */
export function refuseEc2(error: AwsError, requestId: string): string {
  const inside = wrap('Error', element('Code', error.code), element('Message', error.message));
  return wrap('Response', wrap('Errors', inside), element('RequestID', requestId));
}
