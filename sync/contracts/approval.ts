import { canonicalJson } from '#core/json';
import type { AppliedAction, ContractAction } from './actions';

/** What an approved plan lets through of the actions planned now. */
export type ApprovedActions = {
  readonly actions: readonly ContractAction[];
  /** Planned, and not approved. */
  readonly leftOut: readonly AppliedAction[];
  /** Approved, and not planned any more: done already, or not right any more. */
  readonly unnecessary: readonly ContractAction[];
};

/** Compares the actions planned now with those that people approved. What nobody approved is left for the next plan: each action stands for itself. */
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

/** What makes two actions the same; the reason may have new words. Somebody else's endpoint is another one, although its id is not. */
function textOf({ reason: _, ...action }: ContractAction): string {
  return canonicalJson(action);
}
