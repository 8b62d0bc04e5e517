import { canonicalJson } from '#core/json';
import type { AppliedAction, ContractAction } from './actions';

/** The actions planned now, compared with an approved plan. */
export type ApprovedActions = {
  /** Planned and approved. */
  readonly actions: readonly ContractAction[];
  /** Planned and not approved. */
  readonly leftOut: readonly AppliedAction[];
  /** Approved and not planned any more: already done, or outdated. */
  readonly unnecessary: readonly ContractAction[];
};

/**
 * Compares the actions planned now with the approved actions. Each action is judged separately. An
 * action that was not approved waits for the next plan.
 */
export function approveActions(
  planned: readonly ContractAction[],
  approved: readonly ContractAction[],
): ApprovedActions {
  const texts = new Set(approved.map(textOf));
  const needed = new Set(planned.map(textOf));
  const isApproved = (action: ContractAction) => texts.has(textOf(action));
  return {
    actions: planned.filter(isApproved),
    leftOut: planned
      .filter((action) => !isApproved(action))
      .map((action) => ({ action, outcome: 'skipped', error: 'it is not in the approved plan' })),
    unnecessary: approved.filter((action) => !needed.has(textOf(action))),
  };
}

/**
 * Returns the identity of an action. The reason is no part of it, because its words may change. The
 * account is part of it: an endpoint of the same id in another account is another endpoint.
 */
function textOf({ reason: _, ...action }: ContractAction): string {
  return canonicalJson(action);
}
