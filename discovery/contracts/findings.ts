import type { ContractsConfig } from '#config/contracts';
import type { ContractsView } from '#core/contracts/model';
import type { Problem } from '#core/errors';

export type ContractFindingCode =
  | 'pending-contracted'
  | 'accepted-uncontracted'
  | 'principal-unused'
  | 'anyone-allowed'
  | 'contract-unconnected'
  | 'zones-apart'
  | 'targets-unhealthy'
  | 'connection-unreadable'
  | 'no-acceptance';

/** Something about who connects that the contract does not say, or that keeps a consumer out; it changes nothing by itself. */
export type ContractFinding = Problem & {
  readonly code: ContractFindingCode;
  readonly serviceId: string;
  readonly endpointId?: string;
  readonly principal?: string;
  readonly consumer?: string;
  readonly account?: string;
};

/** What the parts of the view that are known now tell, in the order of services; of an unknown part nothing is said. */
export function findingsOf(_view: ContractsView, _contracts: ContractsConfig): readonly ContractFinding[] {
  return [];
}
