import { type Consumer, consumersBy } from '#core/contracts/consumers';
import type { EndpointConnection, ServiceState } from '#core/contracts/model';

type Caller = Pick<EndpointConnection, 'endpointId' | 'account' | 'misfit'>;

type Service = Pick<ServiceState, 'domains'>;

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
export function standingBy(
  consumers: Readonly<Record<string, Consumer>>,
): (service: Service, caller: Caller) => ContractStanding {
  const consumerOf = consumersBy(consumers);
  const listed = new Set(Object.values(consumers).flatMap(({ endpoints = [] }) => endpoints));
  return (service, caller) => {
    const consumer = consumerOf(caller);
    const { calls } = (consumer === undefined ? undefined : consumers[consumer]) ?? { calls: [] };
    // One that a consumer lists, and that AWS tells to be of another account than the consumer's, is a mistake in the file.
    const isDoubtful = consumer === undefined && listed.has(caller.endpointId);
    const isUncertain = caller.account === undefined || caller.misfit !== undefined || isDoubtful;
    return { consumer, mayCall: callsBehind(service, calls), isUncertain };
  };
}

/** Of the domains that a consumer calls, those behind a service: all behind the gateway's. */
export function callsBehind({ domains }: Service, calls: readonly string[]): readonly string[] {
  return domains ? calls.filter((domain) => domains.includes(domain)) : calls;
}

/** The consumers that a service is for, each with what it may call there. */
export function contractedFor(
  service: Service,
  consumers: Readonly<Record<string, Consumer>>,
): readonly (readonly [name: string, consumer: Consumer])[] {
  return Object.entries(consumers).filter(([, { calls }]) => callsBehind(service, calls).length > 0);
}
