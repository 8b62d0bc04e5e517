import type { Problem } from '#core/errors';

export type ContractFindingCode =
  /** An endpoint of a contracted consumer waits for its acceptance. */
  | 'pending-contracted'
  /** A connected endpoint may call nothing behind the service. */
  | 'accepted-uncontracted'
  /** AWS's item of a connection cannot be read. It is neither accepted nor rejected. */
  | 'connection-unreadable'
  /** An allowed principal whose account has no endpoint here. */
  | 'principal-unused'
  /** `*` is among the allowed principals. */
  | 'anyone-allowed'
  /** A consumer of the contract has no endpoint here. */
  | 'contract-unconnected'
  /** An endpoint has interfaces in zones that the service does not serve. */
  | 'zones-apart'
  /** Targets behind the service do not answer. */
  | 'targets-unhealthy';

/**
 * A difference between connections and the contract, or something that keeps a consumer out. A
 * finding changes nothing.
 */
export type ContractFinding = Problem & {
  readonly code: ContractFindingCode;
  readonly serviceId: string;
  readonly endpointId?: string;
  readonly principal?: string;
  readonly consumer?: string;
  readonly account?: string;
};
