import { AwsError } from '../error';

export function endpointNotFound(id: string): AwsError {
  return new AwsError('InvalidVpcEndpointId.NotFound', `The Vpc Endpoint Id '${id}' does not exist`);
}

export function instanceNotFound(id: string): AwsError {
  return new AwsError('InvalidInstanceID.NotFound', `The instance ID '${id}' does not exist`);
}

/** Of an endpoint service, by its name. */
export function serviceNotFound(name: string): AwsError {
  return new AwsError('InvalidServiceName', `The Vpc Endpoint Service '${name}' does not exist`);
}

/** The same by its id. */
export function serviceIdNotFound(id: string): AwsError {
  return new AwsError('InvalidVpcEndpointServiceId.NotFound', `The VpcEndpointService Id '${id}' does not exist`);
}
