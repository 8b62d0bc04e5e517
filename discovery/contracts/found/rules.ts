import type { ContractsConfig } from '#config/contracts';
import type { consumersBy } from '#core/contracts/consumers';
import type { EndpointConnection, ServiceState } from '#core/contracts/model';
import { parseEndpointState } from '#core/endpoint-states';

/** The contract as findings ask it. */
export type ContractRules = Pick<ContractsConfig, 'consumers' | 'accept'> & {
  /** Whose an endpoint is. */
  readonly consumerOf: ReturnType<typeof consumersBy>;
};

/** Of the domains that a consumer calls, those behind the service: all behind the gateway's. */
export function domainsBehind(
  { domains }: Pick<ServiceState, 'domains'>,
  { consumers }: Pick<ContractRules, 'consumers'>,
  consumer: string | undefined,
): readonly string[] {
  const calls = (consumer === undefined ? undefined : consumers[consumer]?.calls) ?? [];
  return domains ? calls.filter((one) => domains.includes(one)) : calls;
}

/** The owner of the service has let it in. */
export function isLetIn({ state }: EndpointConnection): boolean {
  return ['available', 'pending'].includes(parseEndpointState(state));
}

/** It waits for the owner of the service. */
export function isWaiting({ state }: EndpointConnection): boolean {
  return parseEndpointState(state) === 'pendingAcceptance';
}

/** Somebody uses it, or wants to. */
export function isLive(connection: EndpointConnection): boolean {
  return isLetIn(connection) || isWaiting(connection) || connection.misfit !== undefined;
}
