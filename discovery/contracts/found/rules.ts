import type { ContractsConfig } from '#config/contracts';
import type { consumersBy } from '#core/contracts/consumers';
import type { EndpointConnection, ServiceState } from '#core/contracts/model';
import { parseEndpointState } from '#core/endpoint-states';

/** The contract, in the form that findings need. */
export type ContractRules = Pick<ContractsConfig, 'consumers' | 'accept'> & {
  /** Returns the consumer that owns an endpoint. */
  readonly consumerOf: ReturnType<typeof consumersBy>;
};

/**
 * The domains behind the service that a consumer calls. Behind the gateway's service are all
 * domains.
 */
export function domainsBehind(
  { domains }: Pick<ServiceState, 'domains'>,
  { consumers }: Pick<ContractRules, 'consumers'>,
  consumer: string | undefined,
): readonly string[] {
  const calls = (consumer === undefined ? undefined : consumers[consumer]?.calls) ?? [];
  return domains ? calls.filter((one) => domains.includes(one)) : calls;
}

/** The owner of the service has accepted the connection. */
export function isLetIn({ state }: EndpointConnection): boolean {
  return ['available', 'pending'].includes(parseEndpointState(state));
}

/** The connection waits for the owner of the service. */
export function isWaiting({ state }: EndpointConnection): boolean {
  return parseEndpointState(state) === 'pendingAcceptance';
}

/** The connection is in use, or waits for acceptance. */
export function isLive(connection: EndpointConnection): boolean {
  return isLetIn(connection) || isWaiting(connection) || connection.misfit !== undefined;
}
