import { judgeEndpoints, type Verdict } from '#core/claims/verdicts';
import type { Quarantined, ScopeState, Snapshot } from '#core/model';
import { statesById } from '#core/snapshot';
import type { Entity } from '#deck/document';
import { originsOf } from '#deck/tags';
import { type AllowedAddresses, judgeAddress } from './refused-address';

export type Evidence = (target: Entity) => Verdict;

/**
 * Judges targets that the control plane holds, by the scopes and endpoints that their tags name. Who else has the address says nothing:
 * two domains may share a load balancer, and two networks a range (fm-35).
 */
export function collectEvidence(
  snapshot: Snapshot,
  quarantined: readonly Quarantined[],
  allowed: AllowedAddresses = new Map(),
): Evidence {
  const scopes = statesById(snapshot);
  const judge = judgeEndpoints(snapshot, quarantined);
  return (target) => {
    const { scopeIds, endpointIds } = originsOf(target.tags);
    const refused = judgeAddress(target, allowed);
    if (refused?.is === 'gone') return refused;
    const states = scopeIds.flatMap((id) => scopes.get(id) ?? []);
    const verdicts = endpointIds.map(judge);
    const sure = verdicts.filter((one) => one.is !== 'gone' || isNewest(one, states));
    const gone = sure.find((one) => one.is === 'gone');
    if (gone) return gone;
    const unknown = states.find((state) => state.status === 'unknown');
    if (unknown) return { is: 'uncertain', reason: `scope ${unknown.scope.id} is unknown` };
    if (refused) return { ...refused, observedAtMs: lastObserved(states) };
    const [id] = endpointIds;
    const unlisted = id === undefined ? 'its tags name no endpoint' : `endpoint ${id} is not listed`;
    const verdict = sure.find((one) => one.is === 'uncertain') ?? sure[0];
    if (states.length === 0 && verdict?.is !== 'uncertain')
      return { is: 'absent', reason: `no source discovers ${scopeIds.join(', ') || 'it'}` };
    return { is: 'absent', reason: unlisted, observedAtMs: lastObserved(states), ...verdict };
  };
}

/**
 * What a relay calls gone counts for its own targets, and for those of a scope that is unknown and said what is older. A scope that was read
 * in this pass speaks for itself (fm-38).
 */
function isNewest({ observedAtMs = 0, relayId }: Verdict, states: readonly ScopeState[]): boolean {
  if (relayId === undefined) return true;
  return states.every((state) => {
    if (state.scope.id === relayId) return true;
    return state.status === 'unknown' && state.lastGood !== undefined && state.lastGood.observedAtMs <= observedAtMs;
  });
}

/** All scopes have to be observed anew for a new observation of what none of them lists. */
function lastObserved(states: readonly ScopeState[]): number {
  return Math.min(...states.map((state) => (state.status === 'known' ? state.observedAtMs : 0)));
}
