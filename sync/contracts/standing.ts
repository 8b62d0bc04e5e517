import type { ContractsConfig } from '#config/contracts';
import { consumersBy } from '#core/contracts/consumers';
import type { EndpointConnection, ServiceState } from '#core/contracts/model';
import { domainsBehind } from '#discovery/contracts/found/rules';

type Caller = Pick<EndpointConnection, 'endpointId' | 'account' | 'misfit'>;
type Service = Pick<ServiceState, 'domains'>;
type Consumers = ContractsConfig['consumers'];

/** The standing of a connection in the contract. */
export type ContractStanding = {
  /** Absent: no consumer has the endpoint. */
  readonly consumer?: string;
  /** Callable domains behind the service; empty: the contract does not cover the connection. */
  readonly mayCall: readonly string[];
  /** AWS does not say enough to find the consumer. */
  readonly isUncertain: boolean;
};

/** Returns a function that judges connections to a service by the contract. */
export function standingBy(consumers: Consumers): (service: Service, caller: Caller) => ContractStanding {
  const consumerOf = consumersBy(consumers);
  const listed = new Set(Object.values(consumers).flatMap(({ endpoints = [] }) => endpoints));
  return (service, caller) => {
    const consumer = consumerOf(caller);
    // A listed endpoint whose account is not the consumer's is a mistake in the file.
    const isDoubtful = consumer === undefined && listed.has(caller.endpointId);
    const isUncertain = caller.account === undefined || caller.misfit !== undefined || isDoubtful;
    return { consumer, mayCall: domainsBehind(service, { consumers }, consumer), isUncertain };
  };
}

/** Returns the consumers that may call a domain behind the service. */
export function contractedFor(service: Service, consumers: Consumers) {
  return Object.entries(consumers).filter(([name]) => domainsBehind(service, { consumers }, name).length > 0);
}
