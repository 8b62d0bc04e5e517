import type {
  ContractsView,
  EndpointConnection,
  Permission,
  ServiceSetup,
  ServiceState,
  ZoneHealth,
} from '#core/contracts/model';
import { connectionOf, knownPart, serviceOf, unknownPart } from './builders';

/** The service that tests are about: the gateway's. */
export const gatewayService = 'vpce-svc-0a';

export function connectionTo(over: Partial<EndpointConnection> = {}): EndpointConnection {
  return connectionOf({ serviceId: gatewayService, endpointId: 'vpce-01', state: 'available', ...over });
}

type StateOver = Partial<Omit<ServiceState, 'connections' | 'permissions' | 'setup' | 'health'>> & {
  readonly connections?: readonly EndpointConnection[] | 'unknown';
  readonly permissions?: readonly Permission[] | 'unknown';
  readonly setup?: Partial<ServiceSetup> | 'unknown';
  readonly health?: readonly ZoneHealth[] | 'unknown';
};

/** A service with everything known and nothing there, unless the test adds it. */
export function serviceState({
  connections = [],
  permissions = [],
  setup = {},
  health,
  ...over
}: StateOver = {}): ServiceState {
  const serviceId = over.serviceId ?? gatewayService;
  const filled = { acceptanceRequired: true, zoneIds: ['use1-az1', 'use1-az2'], loadBalancerArns: [] };
  return serviceOf({
    serviceId,
    scopeId: `contracts.self.us-east-1.${serviceId}`,
    ...over,
    connections: connections === 'unknown' ? unknownPart([]) : knownPart(connections),
    permissions: permissions === 'unknown' ? unknownPart([]) : knownPart(permissions),
    setup: setup === 'unknown' ? unknownPart(filled) : knownPart({ ...filled, ...setup }),
    ...(health && { health: health === 'unknown' ? unknownPart([]) : knownPart(health) }),
  });
}

export function contractsView(...services: readonly ServiceState[]): ContractsView {
  return { takenAtMs: 2_000, services };
}
