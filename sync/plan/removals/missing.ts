import { statementsOf } from '#core/claims/statements';
import type { KnownScope, Snapshot } from '#core/model';
import { knownScopes } from '#core/snapshot';
import type { HeldEntity } from '#deck/document';
import { accountOf, eachOriginOf } from '#deck/tags';

/**
 * Returns the endpoints of held targets that no known scope lists, by the known scope in their
 * tags; sorted, without duplicates. A list from before that scope's own list is ignored.
 */
export function missingEndpoints(
  snapshot: Snapshot,
  held: readonly HeldEntity[],
): ReadonlyMap<string, readonly string[]> {
  const known = knownScopes(snapshot);
  const statements = statementsOf(snapshot);
  const isListed = (id: string, sinceMs: number) =>
    statements.get(id)?.some(({ isKnown, atMs }) => isKnown && atMs >= sinceMs) === true;
  const accountOfDomain = accountsOfDomains(held);
  const own = new Map(known.map((state) => [state.scope.id, { state, ids: new Set<string>() }]));
  for (const { kind, tags, domain } of held) {
    if (kind !== 'target') continue;
    const account = accountOfDomain(domain);
    for (const { endpointId, scopeIds } of eachOriginOf(tags)) {
      // With several scopes in the tags, none of them alone knows the endpoint.
      const scope = scopeIds.length === 1 ? own.get(scopeIds[0] ?? '') : undefined;
      if (scope && knowsItsEndpoints(scope.state, account)) scope.ids.add(endpointId);
    }
  }
  const missing = [...own].map(
    ([scopeId, { state, ids }]) =>
      [scopeId, [...ids].filter((id) => !isListed(id, state.observedAtMs)).sort()] as const,
  );
  return new Map(missing.filter(([, ids]) => ids.length > 0));
}

/**
 * Returns the account that a domain was read in. Domains of earlier versions have no account: they
 * get the account of all other domains, if there is exactly one.
 */
function accountsOfDomains(held: readonly HeldEntity[]): (domain: string) => string | undefined {
  const upstreams = held.filter((one) => one.kind === 'upstream');
  const accounts = new Map(
    upstreams.flatMap(({ domain, tags }) => {
      const account = accountOf(tags);
      return account === undefined ? [] : [[domain, account] as const];
    }),
  );
  const [only, ...others] = new Set(accounts.values());
  return (domain) => accounts.get(domain) ?? (others.length === 0 ? only : undefined);
}

/**
 * Credentials of another account find empty lists and unknown ids, exactly as if everything were
 * deleted. A role names its account. The process's own credentials are trusted in the former
 * account of the domain; if that is unknown, only when their list is not empty
 * (docs/decisions/0012).
 */
function knowsItsEndpoints(
  { scope, accountId, isAccountKept, discovered }: KnownScope,
  account: string | undefined,
): boolean {
  if (scope.account !== 'self') return true;
  if (accountId !== undefined && account !== undefined) return accountId === account;
  if (accountId !== undefined && isAccountKept) return true;
  return discovered.endpoints.length + discovered.quarantined.length > 0;
}
