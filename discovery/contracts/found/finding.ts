import type { Problem } from '#core/errors';

export type ContractFindingCode =
  /** An endpoint that the contract lets in waits for its acceptance. */
  | 'pending-contracted'
  /** An endpoint is connected that the contract lets nowhere behind the service. */
  | 'accepted-uncontracted'
  /** AWS's item of a connection cannot be read: nobody accepts or rejects it. */
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

/** Something about who connects that the contract does not say, or that keeps a consumer out; it changes nothing by itself. */
export type ContractFinding = Problem & {
  readonly code: ContractFindingCode;
  readonly serviceId: string;
  readonly endpointId?: string;
  readonly principal?: string;
  readonly consumer?: string;
  readonly account?: string;
};
