import type { Problem } from '#core/errors';
import type { contractMessages } from '#core/messages/contracts';

export type ContractFindingCode = keyof typeof contractMessages;

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
