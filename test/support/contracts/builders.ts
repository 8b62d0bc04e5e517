import { type ContractsConfig, contracts } from '#config/contracts';
import type { AwsPart, EndpointConnection, ServiceState } from '#core/contracts/model';

export const serviceId = 'vpce-svc-0a1';
export const scopeId = `contracts.self.us-east-1.${serviceId}`;

/** Accounts of SD1, SD2, and of somebody whom no contract names. */
export const accounts = { sd1: '111111111111', sd2: '222222222222', other: '444444444444' } as const;

export function rootOf(account: string): string {
  return `arn:aws:iam::${account}:root`;
}

/** The block as the schema reads it: one service of the gateway, SD1 and SD2 by their accounts. */
export function contractsOf(over: Readonly<Record<string, unknown>> = {}): ContractsConfig {
  return contracts.parse({
    services: [{ id: serviceId, region: 'us-east-1' }],
    consumers: {
      sd1: { accounts: [accounts.sd1], calls: ['sd2'] },
      sd2: { accounts: [accounts.sd2], calls: ['sd1', 'egress'] },
    },
    ...over,
  });
}

export function connectionOf(over: Partial<EndpointConnection> = {}): EndpointConnection {
  return {
    serviceId,
    endpointId: 'vpce-1',
    account: accounts.sd1,
    state: 'pendingAcceptance',
    createdAtMs: 500,
    ...over,
  };
}

export function knownPart<T>(value: T, observedAtMs = 1_000): AwsPart<T> {
  return { status: 'known', value, observedAtMs };
}

export function unknownPart<T>(lastGood?: T): AwsPart<T> {
  const kept = lastGood === undefined ? {} : { lastGood: { value: lastGood, observedAtMs: 400 } };
  return { status: 'unknown', code: 'THROTTLED', reason: 'throttled', ...kept };
}

export function serviceOf(over: Partial<ServiceState> = {}): ServiceState {
  return {
    serviceId,
    scopeId,
    account: 'self',
    region: 'us-east-1',
    connections: knownPart([]),
    permissions: knownPart([]),
    setup: knownPart({ acceptanceRequired: true, zoneIds: ['use1-az1'], loadBalancerArns: [] }),
    ...over,
  };
}
