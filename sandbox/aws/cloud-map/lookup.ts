import { AwsError } from '../error';
import type { AwsRequest } from '../request';
import { isAt, type Place } from '../world/model';
import type { HttpService, Namespace } from './world';

type Request = Pick<AwsRequest, 'world' | 'caller'>;

/** A namespace that the caller sees; throws NamespaceNotFound. */
export function findNamespace({ world, caller }: Request, reference: string): Namespace {
  const namespace = world.cloudMap.namespaces(caller).find((one) => isNamed(one, reference, caller));
  if (namespace) return namespace;
  throw new AwsError('NamespaceNotFound', `Namespace with id ${reference} was not found`, 404);
}

/** A service that the caller sees; throws ServiceNotFound. */
export function findService({ world, caller }: Request, reference: string): HttpService {
  const service = world.cloudMap.services(caller).find((one) => isNamed(one, reference, caller));
  if (service) return service;
  throw new AwsError('ServiceNotFound', `Service with id ${reference} was not found`, 404);
}

/** What is shared answers to its ARN alone; what one owns, to its id too. */
function isNamed(thing: Place & Pick<Namespace, 'id' | 'arn'>, reference: string, caller: Place): boolean {
  return thing.arn === reference || (isAt(thing, caller) && thing.id === reference);
}
