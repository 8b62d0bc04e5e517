import type { Problem } from '../errors';
import type { Discovered, Scope } from '../model';

/** Evidence for and against a change of the answering account (fm-37). */
export type AccountEvidence = {
  /** The account that answered; absent: STS did not tell. */
  readonly told?: string;
  /** The account that the operator names (`ownAccount` of the source). */
  readonly own?: string;
  /** Accounts that answered before; may be empty. */
  readonly remembered: readonly string[];
  /** Ids of endpoints in use from this scope. */
  readonly heldIds: readonly string[];
  /** Ids of endpoints that the scope lists now. */
  readonly listedIds: ReadonlySet<string>;
};

/**
 * Whether the answer may come from another account. There every list is empty and every id unknown,
 * as if everything had been deleted.
 */
export function isOtherAccount({ told, own, remembered, heldIds, listedIds }: AccountEvidence): boolean {
  if (own !== undefined) return told !== undefined && told !== own;
  if (told !== undefined && remembered.length > 0) return !remembered.includes(told);
  return heldIds.length > 0 && !heldIds.some((id) => listedIds.has(id));
}

/** The error for people, with the two ways out. */
export function otherAccount(
  { source }: Scope,
  { told, own, remembered }: Pick<AccountEvidence, 'told' | 'own' | 'remembered'>,
): Problem {
  if (own !== undefined) {
    return {
      reason: `the credentials in use are of account ${told}, and ownAccount of source ${source} is ${own}`,
      fix: `give it credentials of ${own}, or correct ownAccount`,
    };
  }
  if (told === undefined) {
    return {
      reason: 'none of the endpoints in use is listed, and STS does not tell whose the credentials are',
      fix: `let STS be reached (endpoint.sts of source ${source}), or name the account (ownAccount)`,
    };
  }
  const before =
    remembered.length > 0
      ? `account ${remembered.join(' or ')} answered before`
      : 'none of the endpoints in use is there';
  return {
    reason: `the credentials in use are of account ${told}, and ${before}`,
    fix: `give it the credentials of before, or, if this account is right, set ownAccount: "${told}" on source ${source}`,
  };
}

/** Ids of all endpoints that a scope lists, with quarantined ones. */
export function idsOf({ endpoints, quarantined }: Discovered): readonly string[] {
  return [...endpoints.map((one) => one.id), ...quarantined.map((one) => one.endpointId)];
}
