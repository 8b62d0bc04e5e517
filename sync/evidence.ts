import { judgeEndpoints, type Verdict } from '../core/evidence';
import type { Quarantined, ScopeState, Snapshot } from '../core/model';
import type { Entity } from '../deck/document';
import { originsOf } from '../deck/tags';

export type Evidence = (target: Entity) => Verdict;

/**
 * Judges targets that the control plane holds, by the scopes and endpoints that their tags name. Who else has the address says nothing:
 * two domains may share a load balancer, and two networks a range (fm-35).
 */
export function collectEvidence(snapshot: Snapshot, quarantined: readonly Quarantined[]): Evidence {
  const scopes = new Map(snapshot.scopes.map((state) => [state.scope.id, state]));
  const judge = judgeEndpoints(snapshot, quarantined);
  return ({ tags }) => {
    const { scopeIds, endpointIds } = originsOf(tags);
    const verdicts = endpointIds.map(judge);
    const gone = verdicts.find((one) => one.is === 'gone');
    const states = scopeIds.flatMap((id) => scopes.get(id) ?? []);
    const unknown = states.find((state) => state.status === 'unknown');
    // What a relay observed some time ago may be older than what the scope itself said, which nobody here knows (fm-38).
    const mayBeOlder = gone?.observedAtMs !== undefined && unknown?.status === 'unknown' && !unknown.lastGood;
    if (gone && !mayBeOlder) return gone;
    if (unknown) return { is: 'uncertain', reason: `scope ${unknown.scope.id} is unknown` };
    if (states.length === 0) return { is: 'absent', reason: `no source discovers ${scopeIds.join(', ') || 'it'}` };
    const verdict = verdicts.find((one) => one.is === 'uncertain') ?? verdicts[0];
    return { is: 'absent', reason: 'its tags name no endpoint', observedAtMs: lastObserved(states), ...verdict };
  };
}

/** All scopes have to be observed anew for a new observation of what none of them lists. */
function lastObserved(states: readonly ScopeState[]): number {
  return Math.min(...states.map((state) => (state.status === 'known' ? state.observedAtMs : 0)));
}
