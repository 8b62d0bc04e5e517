import { idsOf, isOtherAccount, otherAccount } from '#core/claims/accounts';
import { formatProblem } from '#core/errors';
import { groupBy } from '#core/group-by';
import type { KnownScope, ScopeState, Snapshot } from '#core/model';
import { knownScopes } from '#core/snapshot';
import type { HeldEntity } from '#deck/document';
import { accountOf, eachOriginOf } from '#deck/tags';

/**
 * Account ids that the operator names for the process's own credentials (`ownAccount`), by source.
 */
export type OwnAccounts = Readonly<Record<string, string | undefined>>;

/**
 * Returns the snapshot with doubted scopes as unknown. A scope of the process's own credentials is
 * doubted when its account differs from the account of what the control plane holds (fm-37). All
 * scopes of one account share the result: one scope that finds held endpoints proves the account.
 */
export function doubtAccounts(snapshot: Snapshot, held: readonly HeldEntity[], own: OwnAccounts): Snapshot {
  const known = knownScopes(snapshot).filter(({ scope }) => scope.account === 'self');
  if (known.length === 0) return snapshot;
  const ids = heldIds(held);
  const remembered = heldAccounts(held);
  const doubted = new Map<string, ScopeState>();
  for (const group of groupBy(
    known,
    ({ accountId, scope }) => `${own[scope.source]} ${accountId ?? scope.id}`,
  ).values()) {
    const evidence = evidenceOf(group, { ids, remembered, own });
    const isReadBefore = group.every(({ accountId, isAccountKept }) => accountId === undefined && isAccountKept);
    if (isReadBefore || !isOtherAccount(evidence)) continue;
    for (const { scope } of group)
      doubted.set(scope.id, {
        status: 'unknown',
        scope,
        code: 'OTHER_ACCOUNT',
        reason: formatProblem(otherAccount(scope, evidence)),
      });
  }
  if (doubted.size === 0) return snapshot;
  return { ...snapshot, scopes: snapshot.scopes.map((state) => doubted.get(state.scope.id) ?? state) };
}

type AccountContext = {
  readonly ids: ReadonlyMap<string, readonly string[]>;
  readonly remembered: readonly string[];
  readonly own: OwnAccounts;
};

function evidenceOf(group: readonly KnownScope[], { ids, remembered: tagged, own }: AccountContext) {
  const kept = group.flatMap(({ accountId, isAccountKept }) =>
    accountId !== undefined && isAccountKept ? accountId : [],
  );
  const remembered = tagged.length > 0 ? tagged : [...new Set(kept)];
  return {
    told: group[0]?.accountId,
    own: own[group[0]?.scope.source ?? ''],
    remembered,
    heldIds: group.flatMap(({ scope }) => ids.get(scope.id) ?? []),
    listedIds: new Set(group.flatMap(({ discovered }) => idsOf(discovered))),
  };
}

/** Endpoints of held targets, by the scope that their tags name. */
function heldIds(held: readonly HeldEntity[]): ReadonlyMap<string, readonly string[]> {
  const origins = held.filter((one) => one.kind === 'target').flatMap((one) => eachOriginOf(one.tags));
  const pairs = origins.flatMap(({ scopeIds, endpointId }) => scopeIds.map((scopeId) => ({ scopeId, endpointId })));
  return new Map(
    [...groupBy(pairs, (one) => one.scopeId)].map(([id, group]) => [id, group.map((one) => one.endpointId)]),
  );
}

function heldAccounts(held: readonly HeldEntity[]): readonly string[] {
  return [...new Set(held.flatMap((one) => (one.kind === 'upstream' ? (accountOf(one.tags) ?? []) : [])))];
}

/** Account ids of the known scopes, by scope id. */
export function accountsOf(snapshot: Snapshot): ReadonlyMap<string, string> {
  return new Map(
    knownScopes(snapshot).flatMap(({ scope, accountId }) =>
      accountId === undefined ? [] : [[scope.id, accountId] as const],
    ),
  );
}
