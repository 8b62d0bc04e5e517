import type { AppliedChange } from '../plan/changes';

/** What is done at AWS about contracts, in this order: nobody is let in before he may connect, and nobody loses anything before others have theirs. */
export const contractVerbs = ['allow', 'accept', 'reject', 'disallow'] as const;

export type ContractVerb = (typeof contractVerbs)[number];

/** One thing to do at an endpoint service: about a connection (`accept`, `reject`), or about an allowed principal (`allow`, `disallow`). */
export type ContractAction = {
  readonly action: ContractVerb;
  readonly serviceId: string;
  /** As in ServiceState. */
  readonly scopeId: string;
  /** Of a connection. */
  readonly endpointId?: string;
  /** An ARN, or `*`. */
  readonly principal?: string;
  /** Of the endpoint, or of the principal. */
  readonly account?: string;
  /** Whose it is; absent: nobody's in the contract. */
  readonly consumer?: string;
  /** Why, for people. */
  readonly reason: string;
};

/** What became of an action. */
export type AppliedAction = Omit<AppliedChange, 'change' | 'retryAfterMs'> & { readonly action: ContractAction };

/** What the brake holds back, and why. */
export type WithheldActions = { readonly reason: string; readonly actions: readonly ContractAction[] };

/** The endpoint, or the principal, that an action is about. */
export function actionSubject({ endpointId, principal }: ContractAction): string {
  return endpointId ?? principal ?? '';
}
