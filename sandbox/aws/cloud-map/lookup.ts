import { AwsError } from '../error';
import type { AwsRequest } from '../request';
import { isAt, type Place } from '../world/model';
import type { HttpService, Namespace } from './world';

type Request = Pick<AwsRequest, 'world' | 'caller'>;

/** Returns a namespace visible to the caller; throws NamespaceNotFound. */
export function findNamespace({ world, caller }: Request, reference: string): Namespace {
  const namespace = world.cloudMap.namespaces(caller).find((one) => isNamed(one, reference, caller));
  if (namespace) return namespace;
  throw new AwsError('NamespaceNotFound', `Namespace with id ${reference} was not found`, 404);
}

/** Returns a service visible to the caller; throws ServiceNotFound. */
export function findService({ world, caller }: Request, reference: string): HttpService {
  const service = world.cloudMap.services(caller).find((one) => isNamed(one, reference, caller));
  if (service) return service;
  throw new AwsError('ServiceNotFound', `Service with id ${reference} was not found`, 404);
}

/** A shared resource is found by its ARN alone, an own resource by its id too. */
function isNamed(thing: Place & Pick<Namespace, 'id' | 'arn'>, reference: string, caller: Place): boolean {
  return thing.arn === reference || (isAt(thing, caller) && thing.id === reference);
}
