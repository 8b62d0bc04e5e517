import { AwsError } from '../error';
import type { AwsRequest } from '../request';
import { discoverInstances, discoverRevision } from './discovery';
import {
  deregisterInput,
  discoverInput,
  getInstanceInput,
  getNamespaceInput,
  healthInput,
  listInstancesInput,
  listNamespacesInput,
  listServicesInput,
  operationInput,
  parseInput,
  registerInput,
  revisionInput,
} from './input';
import { findNamespace, findService } from './lookup';
import type { HttpService, Instance, Namespace } from './world';

/** Returns the answer as a JSON object; throws AwsError. */
type CloudMapAction = (request: AwsRequest) => object;

const actions = new Map<string, CloudMapAction>([
  ['DeregisterInstance', deregisterInstance],
  ['DiscoverInstances', (request) => discoverInstances(request, parseInput(discoverInput, request.body))],
  ['DiscoverInstancesRevision', (request) => discoverRevision(request, parseInput(revisionInput, request.body))],
  ['GetInstance', getInstance],
  ['GetInstancesHealthStatus', getInstancesHealthStatus],
  ['GetNamespace', getNamespace],
  ['GetOperation', getOperation],
  ['ListInstances', listInstances],
  ['ListNamespaces', listNamespaces],
  ['ListServices', listServices],
  ['RegisterInstance', registerInstance],
]);

/** Answered actions; others are refused by name. */
export const cloudMapActions: readonly string[] = [...actions.keys()];

/** Answers one Cloud Map call in AWS's JSON 1.1; throws AwsError. */
export function answerCloudMap(request: AwsRequest): string {
  const perform = actions.get(request.action);
  if (!perform) throw new AwsError('UnknownOperationException', `Unknown operation ${request.action}`);
  return JSON.stringify(perform(request));
}

/** The error in the form of AWS's JSON protocol. */
export function refuseCloudMap({ code, message }: AwsError): string {
  return JSON.stringify({ __type: code, message });
}

function listNamespaces({ world, caller, body }: AwsRequest): object {
  const { items, NextToken } = pageOf(world.cloudMap.namespaces(caller), parseInput(listNamespacesInput, body));
  return { Namespaces: items.map(formatNamespace), NextToken };
}

function getNamespace(request: AwsRequest): object {
  return { Namespace: formatNamespace(findNamespace(request, parseInput(getNamespaceInput, request.body).Id)) };
}

function formatNamespace({ id, arn, account, name, createdAtMs }: Namespace): object {
  const Properties = { HttpProperties: { HttpName: name } };
  return {
    Id: id,
    Arn: arn,
    ResourceOwner: account,
    Name: name,
    Type: 'HTTP',
    Properties,
    CreateDate: createdAtMs / 1_000,
  };
}

function listServices(request: AwsRequest): object {
  const { Filters, ...paging } = parseInput(listServicesInput, request.body);
  const [filter] = Filters;
  const namespace = filter && findNamespace(request, filter.Values[0]);
  const services = request.world.cloudMap
    .services(request.caller)
    .filter((one) => !namespace || one.namespace.id === namespace.id);
  const { items, NextToken } = pageOf(services, paging);
  return { Services: items.map(formatService), NextToken };
}

function formatService({ id, arn, account, name, isHealthChecked, createdAtMs }: HttpService): object {
  const HealthCheckCustomConfig = isHealthChecked ? { FailureThreshold: 1 } : undefined;
  const CreateDate = createdAtMs / 1_000;
  return { Id: id, Arn: arn, ResourceOwner: account, Name: name, Type: 'HTTP', HealthCheckCustomConfig, CreateDate };
}

function listInstances(request: AwsRequest): object {
  const { ServiceId, ...paging } = parseInput(listInstancesInput, request.body);
  const service = findService(request, ServiceId);
  const { items, NextToken } = pageOf(request.world.cloudMap.instances(service.id), paging);
  const Instances = items.map(formatInstance);
  return { ResourceOwner: service.account, Instances, NextToken };
}

function getInstance(request: AwsRequest): object {
  const { ServiceId, InstanceId } = parseInput(getInstanceInput, request.body);
  const service = findService(request, ServiceId);
  const instance = request.world.cloudMap.instances(service.id).find(({ id }) => id === InstanceId);
  if (!instance) throw instanceNotFound(InstanceId);
  return { ResourceOwner: service.account, Instance: formatInstance(instance) };
}

function formatInstance({ id, attributes, createdBy }: Instance): object {
  return { Id: id, Attributes: attributes, CreatedByAccount: createdBy };
}

function instanceNotFound(id: string): AwsError {
  return new AwsError('InstanceNotFound', `Instance with id ${id} was not found`, 404);
}

function getInstancesHealthStatus(request: AwsRequest): object {
  const { ServiceId, Instances, ...paging } = parseInput(healthInput, request.body);
  const all = request.world.cloudMap.instances(findService(request, ServiceId).id);
  const missing = Instances?.find((id) => !all.some((one) => one.id === id));
  if (missing) throw instanceNotFound(missing);
  const { items, NextToken } = pageOf(
    all.filter(({ id }) => Instances?.includes(id) ?? true),
    paging,
  );
  return { Status: Object.fromEntries(items.map(({ id, health }) => [id, health])), NextToken };
}

function registerInstance(request: AwsRequest): object {
  const { ServiceId, InstanceId, Attributes } = parseInput(registerInput, request.body);
  const { id: serviceId } = findService(request, ServiceId);
  const spec = { serviceId, id: InstanceId, attributes: Attributes, createdBy: request.caller.account };
  const { id } = request.world.cloudMap.registerInstance(spec);
  return { OperationId: id };
}

function deregisterInstance(request: AwsRequest): object {
  const { ServiceId, InstanceId } = parseInput(deregisterInput, request.body);
  return { OperationId: request.world.cloudMap.deregisterInstance(findService(request, ServiceId).id, InstanceId).id };
}

function getOperation({ world, body }: AwsRequest): object {
  const { OperationId } = parseInput(operationInput, body);
  const operation = world.cloudMap.operation(OperationId);
  if (!operation) throw new AwsError('OperationNotFound', `Operation with id ${OperationId} was not found`, 404);
  const { id, type, serviceId, instanceId, createdAtMs, isDone } = operation;
  const Targets = { SERVICE: serviceId, INSTANCE: instanceId };
  const Status = isDone ? 'SUCCESS' : 'PENDING';
  return { Operation: { Id: id, Type: type, Status, CreateDate: createdAtMs / 1_000, Targets } };
}

type Paging = { readonly NextToken?: string; readonly MaxResults: number };
type Page<T> = { readonly items: readonly T[]; readonly NextToken?: string };

/** A token names the last item seen, so that pages stay whole while items come and go. */
function pageOf<T extends Pick<Instance, 'sequence'>>(
  all: readonly T[],
  { NextToken = '', MaxResults }: Paging,
): Page<T> {
  const [, position = ''] = /^after:(\d+)$/.exec(Buffer.from(NextToken, 'base64url').toString()) ?? [];
  if (NextToken && !position) throw new AwsError('InvalidInput', 'The specified NextToken is not valid');
  const rest = all.filter(({ sequence }) => sequence > Number(position));
  const items = rest.slice(0, MaxResults);
  const last = rest.length > MaxResults ? items.at(-1) : undefined;
  return { items, NextToken: last && Buffer.from(`after:${last.sequence}`).toString('base64url') };
}
