import type { EndpointConnection, ServiceState } from '#core/contracts/model';
import type { ContractCall, ContractWriter, RefusedSubject } from '#sync/contracts/contract-writer';
import type { Contracts } from '#sync/contracts/open';
import { contractsOf, knownPart, serviceOf, unknownPart } from './builders';

type Part = 'connections' | 'permissions' | 'setup';

/** An endpoint service in memory, as its owner's account sees it. */
export type MemoryService = {
  readonly state: Pick<ServiceState, 'serviceId' | 'scopeId' | 'region' | 'domains'>;
  readonly connections: Map<string, EndpointConnection>;
  readonly principals: Set<string>;
  /** Parts that nobody can read now. */
  readonly unknown: Set<Part>;
};

export type MemoryServices = {
  readonly all: readonly MemoryService[];
  /** What a pass has of them. */
  readonly contracts: Contracts & { readonly writer: ContractWriter };
  /** Each call that arrived, with what it was about. */
  readonly calls: string[];
  /** Set to make AWS refuse one endpoint of a call. */
  refuse: (subject: string) => string | undefined;
  /** Set to make a call fail as a whole. */
  failWith: (call: ContractCall) => Error | undefined;
};

export function createMemoryServices(
  config = contractsOf(),
  given: readonly Partial<ServiceState>[] = [{}],
): MemoryServices {
  const all = given.map((over): MemoryService => {
    return { state: serviceOf(over), connections: new Map(), principals: new Set(), unknown: new Set() };
  });
  const memory: MemoryServices = {
    all,
    calls: [],
    refuse: () => undefined,
    failWith: () => undefined,
    contracts: {
      config,
      read: async () => ({ takenAtMs: 1_000, services: all.map(stateOf) }),
      writer: { write: async (call) => write(call, memory) },
    },
  };
  return memory;
}

function stateOf({ state, connections, principals, unknown }: MemoryService): ServiceState {
  const listed = [...connections.values()];
  const allowed = [...principals].map((principal) => ({ principal }));
  return {
    ...serviceOf(state),
    connections: unknown.has('connections') ? unknownPart(listed) : knownPart(listed),
    permissions: unknown.has('permissions') ? unknownPart(allowed) : knownPart(allowed),
    ...(unknown.has('setup') && { setup: unknownPart() }),
  };
}

function write(call: ContractCall, { all, calls, failWith, refuse }: MemoryServices): readonly RefusedSubject[] {
  const { action, serviceId, subjects } = call;
  calls.push(`${action} ${subjects.join(' ')} at ${serviceId}`);
  const failure = failWith(call);
  if (failure) throw failure;
  const service = all.find((one) => one.state.serviceId === serviceId);
  if (!service) throw new Error(`no service ${serviceId}`);
  return subjects.flatMap((subject) => {
    const error = refuse(subject);
    if (error !== undefined) return [{ subject, error }];
    if (action === 'allow') service.principals.add(subject);
    else if (action === 'disallow') service.principals.delete(subject);
    else setState(service, subject, action === 'accept' ? 'available' : 'rejected');
    return [];
  });
}

function setState({ connections }: MemoryService, endpointId: string, state: string): void {
  const one = connections.get(endpointId);
  if (one) connections.set(endpointId, { ...one, state });
}
