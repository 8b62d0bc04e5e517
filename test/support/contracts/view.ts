import type {
  AwsPart,
  ContractsView,
  EndpointConnection,
  Permission,
  ServiceSetup,
  ServiceState,
  ZoneHealth,
} from '#core/contracts/model';

/** The service that tests are about: the gateway's. */
export const gatewayService = 'vpce-svc-0a';

export function knownPart<T>(value: T): AwsPart<T> {
  return { status: 'known', value, observedAtMs: 1_000 };
}

export function unknownPart<T>(lastGood?: T): AwsPart<T> {
  return {
    status: 'unknown',
    code: 'ACCESS_DENIED',
    reason: 'refused',
    ...(lastGood !== undefined && { lastGood: { value: lastGood, observedAtMs: 500 } }),
  };
}

export function connectionTo(over: Partial<EndpointConnection> = {}): EndpointConnection {
  return { serviceId: gatewayService, endpointId: 'vpce-01', account: '111111111111', state: 'available', ...over };
}

type StateOver = Partial<Omit<ServiceState, 'connections' | 'permissions' | 'setup' | 'health'>> & {
  readonly connections?: readonly EndpointConnection[] | 'unknown';
  readonly permissions?: readonly Permission[] | 'unknown';
  readonly setup?: Partial<ServiceSetup> | 'unknown';
  readonly health?: readonly ZoneHealth[] | 'unknown';
};

/** A service of which everything is known, and nothing is there, but for what a test says. */
export function serviceState({
  connections = [],
  permissions = [],
  setup = {},
  health,
  ...over
}: StateOver = {}): ServiceState {
  const serviceId = over.serviceId ?? gatewayService;
  const filled = { acceptanceRequired: true, zoneIds: ['use1-az1', 'use1-az2'], loadBalancerArns: [] };
  return {
    serviceId,
    scopeId: `contracts.self.us-east-1.${serviceId}`,
    account: 'self',
    region: 'us-east-1',
    ...over,
    connections: connections === 'unknown' ? unknownPart([]) : knownPart(connections),
    permissions: permissions === 'unknown' ? unknownPart([]) : knownPart(permissions),
    setup: setup === 'unknown' ? unknownPart(filled) : knownPart({ ...filled, ...setup }),
    ...(health && { health: health === 'unknown' ? unknownPart([]) : knownPart(health) }),
  };
}

export function contractsView(...services: readonly ServiceState[]): ContractsView {
  return { takenAtMs: 2_000, services };
}
