import { type CloudMap, createCloudMap } from '../cloud-map/world';
import type { ResourceSpec } from './associations';
import {
  acceptEndpoint,
  changeEndpoint,
  createEndpoint,
  type EndpointSpec,
  findEndpoint,
  type InterfaceSpec,
  moveEndpoint,
  recreateEndpoint,
  rejectEndpoint,
  setResources,
  settle,
} from './endpoints';
import { createIssuer } from './ids';
import {
  createInstance,
  findInstance,
  type InstanceSpec,
  moveInstance,
  settleInstance,
  tagInstance,
} from './instances';
import {
  type AllowedPrincipal,
  type EndpointService,
  type Entity,
  type Instance,
  isAt,
  type LastError,
  type NetworkInterface,
  type Peering,
  type Place,
  type Role,
  type Subnet,
  type Tags,
  type Vpc,
  type VpcEndpoint,
} from './model';
import { createVpc, type VpcSpec } from './network';
import { acceptPeering, createPeering, type PeeringSpec } from './peerings';
import { changePrincipals, changeService, createService, type PrincipalsChange, type ServiceSpec } from './services';
import type { WorldState } from './state';

export type WorldOptions = {
  /** World time, unix epoch in milliseconds; the system's by default. */
  readonly now?: () => number;
  /** Duration of `pending` and `deleting` in milliseconds; 0 by default: nobody sees them. */
  readonly transitionMs?: number;
  /** Time for Cloud Map to register an instance; equal to a transition by default. */
  readonly registrationMs?: number;
  /** Time for which a deleted endpoint stays listed; an hour by default. */
  readonly deletedListedMs?: number;
};

/**
 * Accounts and regions exist as soon as they are named. A change of a missing resource throws
 * AwsError.
 */
export type AwsWorld = {
  readonly cloudMap: CloudMap;
  createVpc(spec: VpcSpec): Vpc;
  createService(spec: ServiceSpec): EndpointService;
  /** Sets the zones of the provider's load balancer. Existing endpoints keep their interfaces. */
  setServiceZones(name: string, zoneIds: readonly string[]): void;
  /**
   * Replaces the targets of the provider's load balancer, and whether it has to accept endpoints.
   * Existing endpoints stay.
   */
  changeService(name: string, fields: Partial<Pick<EndpointService, 'targets' | 'acceptanceRequired'>>): void;
  /**
   * Changes the allowed principals. Endpoints of others stay as they are. Returns the new
   * principals.
   */
  changePrincipals(name: string, change: PrincipalsChange): readonly AllowedPrincipal[];
  createPeering(spec: PeeringSpec): Peering;
  acceptPeering(id: string): void;
  createRole(spec: Omit<Role, 'arn'>): Role;
  createEndpoint(spec: EndpointSpec): VpcEndpoint;
  accept(id: string): void;
  reject(id: string): void;
  /** Puts an endpoint into any state, where it stays until told otherwise. */
  setState(id: string, state: string, lastError?: LastError): void;
  /** Replaces all tags. */
  setTags(id: string, tags: Tags): void;
  /** Replaces all that an endpoint of type Resource reaches. */
  setResources(id: string, resources: readonly ResourceSpec[]): void;
  deleteEndpoint(id: string): void;
  recreateEndpoint(id: string, spec: { readonly interfaces: readonly InterfaceSpec[] }): VpcEndpoint;
  createInstance(spec: InstanceSpec): Instance;
  /** Puts an instance into any state until the next order; `reason` in AWS's words. */
  setInstanceState(id: string, state: string, reason?: LastError): void;
  /** Replaces all tags. */
  setInstanceTags(id: string, tags: Tags): void;
  terminateInstance(id: string): void;
  /**
   * Removes an interface, while its endpoint still names it: a reader may find this while AWS is
   * busy.
   */
  detachInterface(id: string): void;
  /**
   * Lists an interface or an instance only for calls with managed resources, as settings of the
   * account may do.
   */
  hide(id: string): void;
  isHidden(id: string): boolean;
  /** Ends the listing of everything deleted. */
  purge(): void;
  /** The present list of AWS, in order of creation; without a place, everywhere. */
  endpoints(place?: Place): readonly VpcEndpoint[];
  endpoint(id: string): VpcEndpoint | undefined;
  interfaces(place?: Place): readonly NetworkInterface[];
  interface(id: string): NetworkInterface | undefined;
  instances(place?: Place): readonly Instance[];
  instance(id: string): Instance | undefined;
  vpcs(place?: Place): readonly Vpc[];
  /** The peerings with a side at the place. */
  peerings(place?: Place): readonly Peering[];
  subnets(place?: Place): readonly Subnet[];
  services(place?: Place): readonly EndpointService[];
  role(arn: string): Role | undefined;
};

/**
 * Creates an empty AWS without HTTP: give it services and endpoints, then `startAws` to have it
 * answer.
 */
export function createWorld(options: WorldOptions = {}): AwsWorld {
  const state = createState(options);
  return {
    cloudMap: createCloudMap({ ...state, transitionMs: options.registrationMs ?? state.transitionMs }),
    createVpc: (spec) => createVpc(state, spec),
    createService: (spec) => createService(state, spec),
    setServiceZones: (name, zoneIds) => changeService(state, name, { zoneIds }),
    changeService: (name, fields) => void changeService(state, name, fields),
    changePrincipals: (name, change) => changePrincipals(state, name, change),
    createPeering: (spec) => createPeering(state, spec),
    acceptPeering: (id) => acceptPeering(state, id),
    createRole: (spec) => createRole(state, spec),
    createEndpoint: (spec) => createEndpoint(state, spec),
    accept: (id) => acceptEndpoint(state, id),
    reject: (id) => rejectEndpoint(state, id),
    setState: (id, to, lastError) => moveEndpoint(state, id, { state: to, settles: false, lastError }),
    setTags: (id, tags) => changeEndpoint(state, id, { tags }),
    setResources: (id, resources) => setResources(state, id, resources),
    deleteEndpoint: (id) => moveEndpoint(state, id, { state: 'deleting', settles: true }),
    recreateEndpoint: (id, { interfaces }) => recreateEndpoint(state, id, interfaces),
    createInstance: (spec) => createInstance(state, spec),
    setInstanceState: (id, to, stateReason) => moveInstance(state, id, { state: to, settles: false, stateReason }),
    setInstanceTags: (id, tags) => tagInstance(state, id, tags),
    terminateInstance: (id) => moveInstance(state, id, { state: 'shutting-down', settles: true }),
    detachInterface: (id) => void state.interfaces.delete(id),
    hide: (id) => void state.hidden.add(id),
    isHidden: (id) => state.hidden.has(id),
    purge: () => purge(state),
    endpoints: (place) => endpoints(state, place),
    endpoint: (id) => findEndpoint(state, id),
    interfaces: (place) => interfaces(state, place),
    interface: (id) => interfaceById(state, id),
    instances: (place) => listed(state.instances, place).flatMap((stored) => settleInstance(state, stored) ?? []),
    instance: (id) => findInstance(state, id),
    vpcs: (place) => listed(state.vpcs, place),
    peerings: (place) => peerings(state, place),
    subnets: (place) => listed(state.vpcs, place).flatMap(({ subnets }) => subnets),
    services: (place) => listed(state.services, place),
    role: (arn) => state.roles.get(arn),
  };
}

const hourMs = 3_600_000;

function createState({ now = Date.now, transitionMs = 0, deletedListedMs = hourMs }: WorldOptions): WorldState {
  return {
    now,
    transitionMs,
    deletedListedMs,
    issue: createIssuer(),
    vpcs: new Map(),
    peerings: new Map(),
    hosts: new Map(),
    services: new Map(),
    addressesFor: new Map(),
    endpoints: new Map(),
    interfaces: new Map(),
    instances: new Map(),
    hidden: new Set(),
    roles: new Map(),
  };
}

function createRole(state: WorldState, spec: Omit<Role, 'arn'>): Role {
  const role = { ...spec, arn: `arn:aws:iam::${spec.account}:role/${spec.name}` };
  state.roles.set(role.arn, role);
  return role;
}

function listed<T extends Entity>(entities: ReadonlyMap<string, T>, place: Place | undefined): readonly T[] {
  const all = [...entities.values()];
  return place ? all.filter((entity) => isAt(entity, place)) : all;
}

function peerings({ peerings }: WorldState, place: Place | undefined): readonly Peering[] {
  const isOf = ({ requester, accepter }: Peering) => !place || isAt(requester, place) || isAt(accepter, place);
  return [...peerings.values()].filter(isOf);
}

function endpoints(state: WorldState, place: Place | undefined): readonly VpcEndpoint[] {
  return listed(state.endpoints, place).flatMap((stored) => settle(state, stored) ?? []);
}

function interfaces(state: WorldState, place: Place | undefined): readonly NetworkInterface[] {
  return endpoints(state, place).flatMap((endpoint) =>
    endpoint.interfaces.filter(({ id }) => state.interfaces.has(id)),
  );
}

function interfaceById(state: WorldState, id: string): NetworkInterface | undefined {
  const found = state.interfaces.get(id);
  const owner = found && findEndpoint(state, found.endpointId);
  return owner?.interfaces.find((one) => one === found);
}

function purge(state: WorldState): void {
  for (const stored of state.instances.values()) {
    const listedAs = settleInstance(state, stored)?.state ?? 'terminated';
    if (listedAs === 'terminated') state.instances.delete(stored.id);
  }
  for (const stored of state.endpoints.values()) {
    const listedAs = settle(state, stored)?.state ?? 'deleted';
    if (listedAs !== 'deleted') continue;
    state.endpoints.delete(stored.id);
    for (const { id } of stored.interfaces) state.interfaces.delete(id);
  }
}
