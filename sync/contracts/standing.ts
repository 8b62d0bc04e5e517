import type { ContractsConfig } from '#config/contracts';
import { consumersBy } from '#core/contracts/consumers';
import type { EndpointConnection, ServiceState } from '#core/contracts/model';
import { domainsBehind } from '#discovery/contracts/found/rules';

type Caller = Pick<EndpointConnection, 'endpointId' | 'account' | 'misfit'>;
type Service = Pick<ServiceState, 'domains'>;
type Consumers = ContractsConfig['consumers'];

/** What the contract says of a connection. */
export type ContractStanding = {
  /** Absent: nobody's in the contract. */
  readonly consumer?: string;
  /** Domains behind the service that it may call; none: it is not contracted. */
  readonly mayCall: readonly string[];
  /** AWS does not say enough to tell whose it is. */
  readonly isUncertain: boolean;
};

/** Gives what the contract says of a connection to a service. */
export function standingBy(consumers: Consumers): (service: Service, caller: Caller) => ContractStanding {
  const consumerOf = consumersBy(consumers);
  const listed = new Set(Object.values(consumers).flatMap(({ endpoints = [] }) => endpoints));
  return (service, caller) => {
    const consumer = consumerOf(caller);
    // One that a consumer lists, and that AWS tells to be of another account than the consumer's, is a mistake in the file.
    const isDoubtful = consumer === undefined && listed.has(caller.endpointId);
    const isUncertain = caller.account === undefined || caller.misfit !== undefined || isDoubtful;
    return { consumer, mayCall: domainsBehind(service, { consumers }, consumer), isUncertain };
  };
}

/** The consumers that a service is for. */
export function contractedFor(service: Service, consumers: Consumers) {
  return Object.entries(consumers).filter(([name]) => domainsBehind(service, { consumers }, name).length > 0);
}
