import { judgeEndpoints, type Verdict } from '#core/claims/verdicts';
import type { Quarantined, ScopeState, Snapshot } from '#core/model';
import { statesById } from '#core/snapshot';
import type { Entity } from '#deck/document';
import { originsOf } from '#deck/tags';
import { type AllowedAddresses, judgeAddress } from './refused-address';

export type Evidence = (target: Entity) => Verdict;

/**
 * Judges held targets by the scopes and endpoints in their tags. Another holder of the same address
 * is no evidence: two domains may share a load balancer, and two networks a range (fm-35).
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
 * Whether a verdict is the newest evidence. A relay's `gone` applies to the relay's own targets,
 * and to targets of an unknown scope with an older last good. A scope that was read in this pass
 * decides for itself (fm-38).
 */
function isNewest({ observedAtMs = 0, relayId }: Verdict, states: readonly ScopeState[]): boolean {
  if (relayId === undefined) return true;
  return states.every((state) => {
    if (state.scope.id === relayId) return true;
    return state.status === 'unknown' && state.lastGood !== undefined && state.lastGood.observedAtMs <= observedAtMs;
  });
}

/**
 * Time of the oldest scope: an endpoint that no scope lists is newly absent only after all scopes
 * were read again.
 */
function lastObserved(states: readonly ScopeState[]): number {
  return Math.min(...states.map((state) => (state.status === 'known' ? state.observedAtMs : 0)));
}
