import { AwsError } from '../error';
import type { createIssuer } from '../world/ids';
import { isAt, type Place } from '../world/model';

export type Health = 'HEALTHY' | 'UNHEALTHY' | 'UNKNOWN';

type Resource = Place & {
  readonly id: string;
  readonly sequence: number;
  readonly arn: string;
  readonly name: string;
  readonly createdAtMs: number;
};

/** `sharedWith`: accounts with access by the ARN alone. */
export type Namespace = Resource & { readonly sharedWith: readonly string[] };

/** Without a health check the health of its instances is unknown, as with AWS. */
export type HttpService = Resource & { readonly namespace: Namespace; readonly isHealthChecked: boolean };

export type Attributes = Readonly<Record<string, string>>;
export type Instance = {
  readonly id: string;
  readonly sequence: number;
  readonly attributes: Attributes;
  /** The account that registered the instance; it has its own names for zones. */
  readonly createdBy: string;
  readonly health: Health;
};

export type Operation = Place & {
  readonly id: string;
  readonly type: 'REGISTER_INSTANCE' | 'DEREGISTER_INSTANCE';
  readonly serviceId: string;
  readonly instanceId: string;
  readonly createdAtMs: number;
  readonly isDone: boolean;
};

type NamespaceSpec = Place & { readonly name: string; readonly sharedWith?: readonly string[] };
type ServiceSpec = { readonly namespaceId: string; readonly name: string; readonly isHealthChecked?: boolean };
type InstanceSpec = {
  readonly serviceId: string;
  readonly id: string;
  readonly attributes: Attributes;
  /** Absent: the account of the service. */
  readonly createdBy?: string;
};

/**
 * AWS Cloud Map. Registering takes `transitionMs`. A change of a missing resource throws AwsError.
 */
export type CloudMap = {
  createNamespace(spec: NamespaceSpec): Namespace;
  createHttpService(spec: ServiceSpec): HttpService;
  registerInstance(spec: InstanceSpec): Operation;
  deregisterInstance(serviceId: string, instanceId: string): Operation;
  setHealth(serviceId: string, instanceId: string, health: Health): void;
  /** The namespaces of an account in a region: its own, and those shared with it. */
  namespaces(place: Place): readonly Namespace[];
  services(place: Place): readonly HttpService[];
  instances(serviceId: string): readonly Instance[];
  /** Grows with every registration and deregistration, never with health. */
  revision(serviceId: string): number;
  operation(id: string): Operation | undefined;
};

type Pending = Operation & { readonly dueAtMs: number; readonly perform: () => void };

type State = {
  readonly now: () => number;
  readonly transitionMs: number;
  readonly issue: ReturnType<typeof createIssuer>;
  readonly namespaces: Map<string, Namespace>;
  readonly services: Map<string, HttpService>;
  /** Instances by their id, by service id. */
  readonly instances: Map<string, Map<string, Instance>>;
  readonly revisions: Map<string, number>;
  readonly operations: Map<string, Pending>;
};

/** An empty Cloud Map for all accounts and regions. */
export function createCloudMap(clock: Pick<State, 'now' | 'transitionMs' | 'issue'>): CloudMap {
  const state: State = {
    ...clock,
    namespaces: new Map(),
    services: new Map(),
    instances: new Map(),
    revisions: new Map(),
    operations: new Map(),
  };
  return {
    createNamespace: (spec) => createNamespace(state, spec),
    createHttpService: (spec) => createHttpService(state, spec),
    registerInstance: (spec) => registerInstance(state, spec),
    deregisterInstance: (serviceId, instanceId) => deregisterInstance(state, serviceId, instanceId),
    setHealth: (serviceId, instanceId, health) => {
      const instance = existingInstance(state, serviceId, instanceId);
      instancesOf(state, serviceId).set(instanceId, { ...instance, health });
    },
    namespaces: (place) => [...state.namespaces.values()].filter((one) => isVisible(one, place)),
    services: (place) => [...state.services.values()].filter((one) => isVisible(one.namespace, place)),
    instances: (serviceId) => [...instancesOf(state, serviceId).values()],
    revision: (serviceId) => {
      settle(state);
      return state.revisions.get(serviceId) ?? 0;
    },
    operation: (id) => {
      settle(state);
      return state.operations.get(id);
    },
  };
}

function isVisible(namespace: Namespace, place: Place): boolean {
  return isAt(namespace, place) || (namespace.region === place.region && namespace.sharedWith.includes(place.account));
}

function createNamespace(state: State, { sharedWith = [], ...spec }: NamespaceSpec): Namespace {
  const issued = state.issue('ns');
  const namespace = {
    ...spec,
    ...issued,
    sharedWith,
    arn: arnOf(spec, 'namespace', issued.id),
    createdAtMs: state.now(),
  };
  state.namespaces.set(namespace.id, namespace);
  return namespace;
}

function createHttpService(state: State, { namespaceId, name, isHealthChecked = false }: ServiceSpec): HttpService {
  const namespace = state.namespaces.get(namespaceId);
  if (!namespace) throw new AwsError('NamespaceNotFound', `Namespace with id ${namespaceId} was not found`, 404);
  const { account, region } = namespace;
  const issued = state.issue('srv');
  const arn = arnOf(namespace, 'service', issued.id);
  const service = { account, region, ...issued, arn, name, namespace, isHealthChecked, createdAtMs: state.now() };
  state.services.set(service.id, service);
  state.instances.set(service.id, new Map());
  return service;
}

function arnOf({ account, region }: Place, kind: string, id: string): string {
  return `arn:aws:servicediscovery:${region}:${account}:${kind}/${id}`;
}

function registerInstance(state: State, { serviceId, id, attributes, ...spec }: InstanceSpec): Operation {
  const { isHealthChecked, account } = existingService(state, serviceId);
  const initial = attributes.AWS_INIT_HEALTH_STATUS === 'UNHEALTHY' ? 'UNHEALTHY' : 'HEALTHY';
  const { sequence } = instancesOf(state, serviceId).get(id) ?? state.issue('instance');
  const { createdBy = account } = spec;
  const health = isHealthChecked ? initial : 'UNKNOWN';
  const instance: Instance = { id, sequence, attributes, createdBy, health };
  return submit(state, { type: 'REGISTER_INSTANCE', serviceId, instanceId: id }, (instances) =>
    instances.set(id, instance),
  );
}

function deregisterInstance(state: State, serviceId: string, instanceId: string): Operation {
  existingInstance(state, serviceId, instanceId);
  return submit(state, { type: 'DEREGISTER_INSTANCE', serviceId, instanceId }, (instances) =>
    instances.delete(instanceId),
  );
}

type Order = Pick<Operation, 'type' | 'serviceId' | 'instanceId'>;

function submit(state: State, order: Order, change: (instances: Map<string, Instance>) => void): Operation {
  const { account, region } = existingService(state, order.serviceId);
  const { id } = state.issue('operation');
  const createdAtMs = state.now();
  const perform = () => {
    change(state.instances.get(order.serviceId) ?? new Map());
    state.revisions.set(order.serviceId, (state.revisions.get(order.serviceId) ?? 0) + 1);
  };
  const dueAtMs = createdAtMs + state.transitionMs;
  const operation = { ...order, account, region, id, createdAtMs, dueAtMs, perform, isDone: false };
  state.operations.set(id, operation);
  return operation;
}

/** Performs all due operations, in the order of their requests. */
function settle(state: State): void {
  for (const operation of state.operations.values()) {
    if (operation.isDone || operation.dueAtMs > state.now()) continue;
    operation.perform();
    state.operations.set(operation.id, { ...operation, isDone: true });
  }
}

function existingService(state: State, id: string): HttpService {
  const service = state.services.get(id);
  if (!service) throw new AwsError('ServiceNotFound', `Service with id ${id} was not found`, 404);
  return service;
}

function existingInstance(state: State, serviceId: string, id: string): Instance {
  const instance = instancesOf(state, serviceId).get(id);
  if (!instance) throw new AwsError('InstanceNotFound', `Instance with id ${id} was not found`, 404);
  return instance;
}

function instancesOf(state: State, serviceId: string): Map<string, Instance> {
  existingService(state, serviceId);
  settle(state);
  return state.instances.get(serviceId) ?? new Map();
}
