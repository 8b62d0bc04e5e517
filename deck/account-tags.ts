import type { Domain } from '#core/claims/settle';
import type { Entity } from './document';
import { accountOf, accountTag, originsOf } from './tags';

/** Account ids by the scopes that the process's own credentials read. */
export type Accounts = ReadonlyMap<string, string>;

/**
 * The tag that names the account of a domain's `upstream`. The held tag stays while the upstream
 * holds an unlisted target: today's account does not know whether that target's endpoint is gone.
 */
export function accountTagsOf(
  domain: Domain,
  upstream: string,
  { held: heldOfDomain, accounts }: { readonly held: readonly Entity[]; readonly accounts: Accounts },
): readonly string[] {
  const before = accountOf(heldOfDomain.find((one) => one.key === upstream)?.tags ?? []);
  const told = domain.targets.map((one) => accounts.get(one.scopeId)).find((one) => one !== undefined);
  if (before === undefined) return told === undefined ? [] : [accountTag(told)];
  const listed = new Set(domain.targets.map((one) => one.endpointId));
  const origins = heldOfDomain
    .filter(({ kind, parent }) => kind === 'target' && parent === upstream)
    .map((one) => originsOf(one.tags));
  const isOfOwn = (scopeId: string) => scopeId.split('.')[1] === 'self';
  const hasUnlisted = origins.some(
    ({ scopeIds, endpointIds }) => scopeIds.some(isOfOwn) && endpointIds.some((id) => !listed.has(id)),
  );
  const isUntold = told === undefined && domain.targets.some((one) => isOfOwn(one.scopeId));
  const account = hasUnlisted || isUntold ? before : told;
  return account === undefined ? [] : [accountTag(account)];
}
