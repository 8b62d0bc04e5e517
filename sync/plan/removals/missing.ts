import { statementsOf } from '#core/claims/statements';
import type { KnownScope, Snapshot } from '#core/model';
import { knownScopes } from '#core/snapshot';
import type { HeldEntity } from '#deck/document';
import { accountOf, eachOriginOf } from '#deck/tags';

/**
 * Endpoints of held targets that no known scope lists, by the known scope that the targets' tags name; in order, each once. What was
 * observed before that scope was read lists nothing any more.
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
      // Where tags do not tell which of several it is, the others do not know the endpoint either.
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

/** The account that a domain was read in; of one that has not been read since accounts are kept, that of the others where there is one. */
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
 * With credentials of another account every list is empty and every id unknown, which looks just like everything being deleted.
 * A role names its account; where the process's own credentials read, it is the one that the domain was read in before, or, where that
 * is not known, one whose list shows something (docs/decisions/0012).
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
