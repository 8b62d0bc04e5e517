import { AwsError } from '../error';
import { associate, type ResourceSpec } from './associations';
import { digest } from './ids';
import type { EndpointService, LastError, NetworkInterface, Place, Tags, Vpc, VpcEndpoint } from './model';
import { subnetIn, takeAddress, vpcAt } from './network';
import { endpointNotFound, serviceNotFound } from './not-found';
import { isAllowed } from './services';
import type { StoredEndpoint, WorldState } from './state';

/**
 * One network interface with its zone by id. Without any address it takes an IPv4 address from the
 * subnet.
 */
export type InterfaceSpec = { readonly zoneId: string; readonly ip?: string; readonly ipv6?: string };

export type EndpointSpec = Place & {
  readonly serviceName: string;
  readonly interfaces: readonly InterfaceSpec[];
  /**
   * Absent: `Interface`. Other types look alike, except for the name, and for `resources` of type
   * Resource.
   */
  readonly type?: string;
  /** The resources behind an endpoint of type Resource; absent: AWS lists none. */
  readonly resources?: readonly ResourceSpec[];
  /** Absent: the account's default VPC in the region. */
  readonly vpcId?: string;
  readonly tags?: Tags;
  /** Absent: the acceptance of the service decides. Given: the state stays until the next order. */
  readonly state?: string;
  /** Id and DNS names of an endpoint that people know already; absent: new ones. */
  readonly known?: Pick<VpcEndpoint, 'id' | 'dnsNames'>;
};

/** The next state after `transitionMs`. */
const settlesTo = new Map([
  ['pending', 'available'],
  ['deleting', 'deleted'],
]);

const acceptable = new Set(['pendingAcceptance', 'rejected']);
const rejectable = new Set(['pendingAcceptance', 'pending', 'available']);

/**
 * Adds an endpoint with its interfaces and DNS names. They exist from the first moment, even before
 * acceptance.
 */
export function createEndpoint(state: WorldState, spec: EndpointSpec): VpcEndpoint {
  const { account, region, tags = {}, type = 'Interface' } = spec;
  const vpc = vpcAt(state, spec, spec.vpcId);
  const service = serviceNamed(state, spec, vpc);
  const issued = { ...state.issue('vpce'), ...(spec.known && { id: spec.known.id }) };
  const interfaces = addressed(state, spec).map((one) =>
    createInterface(state, vpc, { ...one, endpointId: issued.id }),
  );
  const nowMs = state.now();
  state.endpoints.set(issued.id, {
    ...issued,
    account,
    region,
    tags,
    type,
    service,
    vpcId: vpc.id,
    interfaces,
    associations: associate(state, { ...issued, account, region }, spec.resources ?? []),
    dnsNames: spec.known?.dnsNames ?? dnsNamesOf(issued.id, region, service, interfaces),
    state: spec.state ?? (service.acceptanceRequired ? 'pendingAcceptance' : 'pending'),
    settles: spec.state === undefined,
    createdAtMs: nowMs,
    changedAtMs: nowMs,
  });
  return existing(state, issued.id);
}

/** Interfaces without addresses get the addresses of the provider. */
function addressed(state: WorldState, { serviceName, interfaces }: EndpointSpec): readonly InterfaceSpec[] {
  const addressesFor = state.addressesFor.get(serviceName);
  if (!addressesFor || interfaces.some(({ ip, ipv6 }) => ip ?? ipv6)) return interfaces;
  const ips = addressesFor(interfaces.length);
  return interfaces.map(({ zoneId }, index) => ({ zoneId, ip: ips[index] ?? ips[0] }));
}

/** The endpoint as AWS would describe it now; undefined when it does not exist, or no more. */
export function findEndpoint(state: WorldState, id: string): VpcEndpoint | undefined {
  const stored = state.endpoints.get(id);
  return stored && settle(state, stored);
}

/** Returns the present state of an endpoint; undefined when AWS has stopped listing it. */
export function settle(state: WorldState, stored: StoredEndpoint): StoredEndpoint | undefined {
  const elapsedMs = state.now() - stored.changedAtMs;
  const next = stored.settles && elapsedMs >= state.transitionMs ? settlesTo.get(stored.state) : undefined;
  const current = next ?? stored.state;
  if (current !== 'deleted') return current === stored.state ? stored : { ...stored, state: current };
  const unlisted = stored.settles && elapsedMs >= state.transitionMs + state.deletedListedMs;
  return unlisted ? undefined : { ...stored, state: current, interfaces: [], associations: [], dnsNames: [] };
}

/** The provider takes the connection; throws InvalidState where there is nothing to accept. */
export function acceptEndpoint(state: WorldState, id: string): void {
  requireState(existing(state, id), acceptable);
  moveEndpoint(state, id, { state: 'pending', settles: true });
}

/** The provider refuses the connection, also one that it once took; throws InvalidState. */
export function rejectEndpoint(state: WorldState, id: string): void {
  requireState(existing(state, id), rejectable);
  moveEndpoint(state, id, { state: 'rejected', settles: true });
}

/**
 * Puts an endpoint into a state. Only `settles` moves it on. Throws InvalidVpcEndpointId.NotFound.
 */
export function moveEndpoint(
  state: WorldState,
  id: string,
  to: { readonly state: string; readonly settles: boolean; readonly lastError?: LastError },
): void {
  changeEndpoint(state, id, { lastError: undefined, ...to, changedAtMs: state.now() });
}

/** Replaces fields of an endpoint; throws InvalidVpcEndpointId.NotFound. */
export function changeEndpoint(state: WorldState, id: string, fields: Partial<StoredEndpoint>): void {
  state.endpoints.set(id, { ...existing(state, id), ...fields });
}

/** Replaces the resources of an endpoint; throws InvalidVpcEndpointId.NotFound. */
export function setResources(state: WorldState, id: string, resources: readonly ResourceSpec[]): void {
  changeEndpoint(state, id, { associations: associate(state, existing(state, id), resources) });
}

/**
 * Replaces an endpoint as people do: a new id and new interfaces, but the same service, VPC and
 * tags. The old endpoint is deleted.
 */
export function recreateEndpoint(state: WorldState, id: string, interfaces: readonly InterfaceSpec[]): VpcEndpoint {
  const { account, region, vpcId, service, tags, type, associations } = existing(state, id);
  moveEndpoint(state, id, { state: 'deleting', settles: true });
  const resources = associations.map(({ resourceArn, ...one }) => ({ ...one, arn: resourceArn }));
  return createEndpoint(state, {
    account,
    region,
    vpcId,
    serviceName: service.name,
    tags,
    type,
    interfaces,
    resources,
  });
}

function existing(state: WorldState, id: string): StoredEndpoint {
  const stored = state.endpoints.get(id);
  const endpoint = stored && settle(state, stored);
  if (!endpoint) throw endpointNotFound(id);
  return endpoint;
}

function requireState(endpoint: VpcEndpoint, states: ReadonlySet<string>): void {
  if (states.has(endpoint.state)) return;
  throw new AwsError('InvalidState', `The Vpc Endpoint Id '${endpoint.id}' is in state ${endpoint.state}`);
}

/**
 * Returns the service after a check: it admits the account and serves the requested zones. Across
 * regions zones do not correspond, so any zone will do.
 */
function serviceNamed(state: WorldState, spec: EndpointSpec, vpc: Vpc): EndpointService {
  const service = state.services.get(spec.serviceName);
  if (!service || !isAllowed(service, spec.account)) throw serviceNotFound(spec.serviceName);
  const missing = spec.interfaces.find(({ zoneId }) => !service.zoneIds.includes(zoneId));
  if (missing && service.region === spec.region) {
    const { id } = subnetIn(vpc, missing.zoneId);
    const message = `The VPC endpoint service ${service.name} does not support the availability zone of the subnet: ${id}.`;
    throw new AwsError('InvalidParameter', message);
  }
  return service;
}

function createInterface(
  state: WorldState,
  vpc: Vpc,
  spec: InterfaceSpec & { readonly endpointId: string },
): NetworkInterface {
  const { zoneId, ...given } = spec;
  const subnet = subnetIn(vpc, zoneId);
  const ip = spec.ip ?? (spec.ipv6 ? undefined : takeAddress(state, subnet));
  const { account, region, zone } = subnet;
  const place = { account, region, vpcId: vpc.id, subnetId: subnet.id, zone, tags: {} };
  const created = { ...place, ...given, ...state.issue('eni'), ip };
  state.interfaces.set(created.id, created);
  return created;
}

/**
 * Returns the regional name, then a name for each zone in the account's own words. Across regions
 * endpoints have no zonal names.
 */
function dnsNamesOf(
  id: string,
  region: string,
  service: EndpointService,
  interfaces: readonly NetworkInterface[],
): readonly string[] {
  const label = `${id}-${digest(id, 8)}`;
  const zones = service.region === region ? interfaces.map(({ zone }) => `${label}-${zone.name}`) : [];
  return [label, ...zones].map((name) => `${name}.${service.id}.${service.region}.vpce.amazonaws.com`);
}
