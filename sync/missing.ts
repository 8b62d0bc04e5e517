import type { ScopeState, Snapshot } from '../core/model';
import { statementsOf } from '../core/statements';
import { originsOf } from '../deck/tags';
import type { HeldEntity } from './control-plane';

/**
 * Endpoints of held targets that no known scope lists, by the known scope that the targets' tags name; in order, each once. What was
 * observed before that scope was read lists nothing any more.
 */
export function missingEndpoints(
  snapshot: Snapshot,
  held: readonly HeldEntity[],
): ReadonlyMap<string, readonly string[]> {
  const known = snapshot.scopes.flatMap((state) => (state.status === 'known' && isSurelyOurs(state) ? [state] : []));
  const statements = statementsOf(snapshot);
  const isListed = (id: string, sinceMs: number) =>
    statements.get(id)?.some(({ isKnown, atMs }) => isKnown && atMs >= sinceMs) === true;
  const origins = held.filter((one) => one.kind === 'target').map((one) => originsOf(one.tags));
  const missing = known.map(({ scope, observedAtMs }): readonly [string, readonly string[]] => {
    const own = origins.filter((one) => one.scopeIds.includes(scope.id)).flatMap((one) => one.endpointIds);
    return [scope.id, [...new Set(own)].filter((id) => !isListed(id, observedAtMs)).sort()];
  });
  return new Map(missing.filter(([, ids]) => ids.length > 0));
}

/**
 * With credentials of another account every list is empty and every id unknown, which looks just like everything being deleted.
 * A role names its account; where the process's own credentials read, only a list that shows something is taken for the right one.
 */
function isSurelyOurs({ scope, discovered }: Extract<ScopeState, { status: 'known' }>): boolean {
  return scope.account !== 'self' || discovered.endpoints.length + discovered.quarantined.length > 0;
}
