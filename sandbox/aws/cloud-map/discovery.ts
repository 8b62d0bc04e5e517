import { AwsError } from '../error';
import type { AwsRequest } from '../request';
import type { HttpService, Instance } from './world';

type Named = { readonly NamespaceName: string; readonly ServiceName: string; readonly OwnerAccount?: string };
type Filter = 'ALL' | 'HEALTHY' | 'UNHEALTHY' | 'HEALTHY_OR_ELSE_ALL';

/**
 * Returns at most `MaxResults` instances in random order, without a sign that more exist: AWS has
 * no paging here.
 */
export function discoverInstances(
  request: AwsRequest,
  input: Named & { readonly MaxResults: number; readonly HealthStatus: Filter },
): object {
  const { cloudMap } = request.world;
  const service = findNamed(request, input);
  const found = shuffle(filterHealth(cloudMap.instances(service.id), service, input.HealthStatus));
  const Instances = found.slice(0, input.MaxResults).map(({ id, attributes, health }) => ({
    InstanceId: id,
    NamespaceName: input.NamespaceName,
    ServiceName: service.name,
    HealthStatus: health,
    Attributes: attributes,
  }));
  return { Instances, InstancesRevision: cloudMap.revision(service.id) };
}

export function discoverRevision(request: AwsRequest, input: Named): object {
  return { InstancesRevision: request.world.cloudMap.revision(findNamed(request, input).id) };
}

function findNamed({ world, caller }: AwsRequest, { NamespaceName, ServiceName, OwnerAccount }: Named): HttpService {
  const owner = OwnerAccount ?? caller.account;
  const namespace = world.cloudMap
    .namespaces(caller)
    .find((one) => one.name === NamespaceName && one.account === owner);
  if (!namespace) throw new AwsError('NamespaceNotFound', `Namespace ${NamespaceName} was not found`, 404);
  const service = world.cloudMap
    .services(caller)
    .find((one) => one.name === ServiceName && one.namespace.id === namespace.id);
  if (!service) throw new AwsError('ServiceNotFound', `Service ${ServiceName} was not found`, 404);
  return service;
}

/** AWS ignores the filter where the service has no health check. */
function filterHealth(instances: readonly Instance[], service: HttpService, filter: Filter): readonly Instance[] {
  if (!service.isHealthChecked || filter === 'ALL') return instances;
  const wanted = filter === 'UNHEALTHY' ? 'UNHEALTHY' : 'HEALTHY';
  const found = instances.filter(({ health }) => health === wanted);
  return filter === 'HEALTHY_OR_ELSE_ALL' && found.length === 0 ? instances : found;
}

function shuffle<T>(items: readonly T[]): readonly T[] {
  return items
    .map((item) => ({ item, order: Math.random() }))
    .sort((a, b) => a.order - b.order)
    .map(({ item }) => item);
}
