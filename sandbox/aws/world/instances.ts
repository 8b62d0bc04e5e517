import type { Instance, LastError, Place, Tags } from './model';
import { subnetIn, takeAddress, vpcAt } from './network';
import { instanceNotFound } from './not-found';
import type { StoredInstance, WorldState } from './state';

export type InstanceSpec = Place & {
  /** Zone by its id. */
  readonly zoneId: string;
  /** Absent: one of the subnet's. */
  readonly ip?: string;
  readonly ipv6?: string;
  /** Absent: the account's default VPC in the region. */
  readonly vpcId?: string;
  readonly tags?: Tags;
  /** Absent: pending, then running. Given: it stays so until told otherwise. */
  readonly state?: string;
};

/** The next state after `transitionMs`. */
const settlesTo = new Map([
  ['pending', 'running'],
  ['stopping', 'stopped'],
  ['shutting-down', 'terminated'],
]);

/** Launches an instance. */
export function createInstance(state: WorldState, spec: InstanceSpec): Instance {
  const { account, region, tags = {}, ipv6 } = spec;
  const vpc = vpcAt(state, spec, spec.vpcId);
  const subnet = subnetIn(vpc, spec.zoneId);
  const issued = state.issue('i');
  const nowMs = state.now();
  state.instances.set(issued.id, {
    ...issued,
    account,
    region,
    tags,
    zone: subnet.zone,
    network: { vpcId: vpc.id, subnetId: subnet.id, ip: spec.ip ?? takeAddress(state, subnet), ipv6 },
    state: spec.state ?? 'pending',
    settles: spec.state === undefined,
    launchedAtMs: nowMs,
    changedAtMs: nowMs,
  });
  return existing(state, issued.id);
}

/** The instance as AWS would describe it now; undefined when it does not exist, or no more. */
export function findInstance(state: WorldState, id: string): Instance | undefined {
  const stored = state.instances.get(id);
  return stored && settleInstance(state, stored);
}

/**
 * Returns the present state of an instance; undefined when AWS has stopped listing it. A terminated
 * instance has lost its network.
 */
export function settleInstance(state: WorldState, stored: StoredInstance): StoredInstance | undefined {
  const elapsedMs = state.now() - stored.changedAtMs;
  const next = stored.settles && elapsedMs >= state.transitionMs ? settlesTo.get(stored.state) : undefined;
  const current = next ?? stored.state;
  if (current !== 'terminated') return { ...stored, state: current };
  const unlisted = stored.settles && elapsedMs >= state.transitionMs + state.deletedListedMs;
  return unlisted ? undefined : { ...stored, state: current, network: undefined };
}

/** Puts an instance into a state. Only `settles` moves it on. Throws InvalidInstanceID.NotFound. */
export function moveInstance(
  state: WorldState,
  id: string,
  to: { readonly state: string; readonly settles: boolean; readonly stateReason?: LastError },
): void {
  state.instances.set(id, { ...existing(state, id), stateReason: undefined, ...to, changedAtMs: state.now() });
}

/** Replaces all tags; throws InvalidInstanceID.NotFound. */
export function tagInstance(state: WorldState, id: string, tags: Tags): void {
  state.instances.set(id, { ...existing(state, id), tags });
}

function existing(state: WorldState, id: string): StoredInstance {
  const stored = state.instances.get(id);
  const instance = stored && settleInstance(state, stored);
  if (!instance) throw instanceNotFound(id);
  return instance;
}
