import type { AppliedChange } from '../plan/changes';

/**
 * Actions at AWS about contracts, in this order: an account is allowed before its connection is
 * accepted, and grants come before removals.
 */
export const contractVerbs = ['allow', 'accept', 'reject', 'disallow'] as const;

export type ContractVerb = (typeof contractVerbs)[number];

/**
 * One action at an endpoint service, about a connection (`accept`, `reject`) or an allowed
 * principal (`allow`, `disallow`).
 */
export type ContractAction = {
  readonly action: ContractVerb;
  readonly serviceId: string;
  /** As in ServiceState. */
  readonly scopeId: string;
  /** Only for actions about a connection. */
  readonly endpointId?: string;
  /** An ARN, or `*`. Only for actions about a principal. */
  readonly principal?: string;
  /** The account of the endpoint or of the principal. */
  readonly account?: string;
  /** The consumer of the endpoint or principal; absent: no consumer has it. */
  readonly consumer?: string;
  /** For people. */
  readonly reason: string;
};

/** An action and its outcome. */
export type AppliedAction = Omit<AppliedChange, 'change' | 'retryAfterMs'> & { readonly action: ContractAction };

/** Actions that the brake withholds, with the reason. */
export type WithheldActions = { readonly reason: string; readonly actions: readonly ContractAction[] };

/** Returns the endpoint or the principal of an action. */
export function actionSubject({ endpointId, principal }: ContractAction): string {
  return endpointId ?? principal ?? '';
}
