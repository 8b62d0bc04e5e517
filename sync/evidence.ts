import { dispositionOf } from '../core/endpoint-states';
import { judgeEndpoints, type Verdict } from '../core/evidence';
import type { Quarantined, Snapshot } from '../core/model';
import { formatAddress, targetsOf } from '../core/targets';
import type { Entity } from '../deck/document';
import { nameInParent } from '../deck/names';
import { originsOf } from '../deck/tags';

export type Evidence = (target: Entity) => Verdict;

/** Judges targets that the control plane holds, by the scopes and endpoints that their tags name. */
export function collectEvidence(snapshot: Snapshot, quarantined: readonly Quarantined[]): Evidence {
  const scopes = new Map(snapshot.scopes.map((state) => [state.scope.id, state]));
  const judge = judgeEndpoints(snapshot, quarantined);
  const holders = addressHolders(snapshot);
  return (target) => {
    const { scopeIds, endpointIds } = originsOf(target.tags);
    const verdicts = endpointIds.map(judge);
    const gone = verdicts.find((one) => one.is === 'gone') ?? takenOver(target, holders);
    if (gone) return gone;
    const unknown = scopeIds.map((id) => scopes.get(id)).find((state) => state?.status === 'unknown');
    if (unknown?.status === 'unknown') {
      return { is: 'uncertain', reason: `scope ${unknown.scope.id} is unknown` };
    }
    const isConfigured = scopeIds.some((id) => scopes.has(id));
    if (!isConfigured) return { is: 'absent', reason: `no source discovers ${scopeIds.join(', ') || 'it'}` };
    const verdict = verdicts.find((one) => one.is === 'uncertain') ?? verdicts[0];
    return verdict ?? { is: 'absent', reason: 'its tags name no endpoint' };
  };
}

/** Available endpoints by scope and address. */
function addressHolders(snapshot: Snapshot): ReadonlyMap<string, string> {
  const known = snapshot.scopes.flatMap((state) => (state.status === 'known' ? state.discovered.endpoints : []));
  const targets = known.filter((one) => dispositionOf(one.state) === 'route').flatMap(targetsOf);
  return new Map(targets.map((target) => [`${target.scopeId} ${formatAddress(target)}`, target.endpointId]));
}

/** AWS gives an address anew once its interface is gone; then what was there is gone for certain. */
function takenOver({ key, tags }: Entity, holders: ReadonlyMap<string, string>): Verdict | undefined {
  const { scopeIds, endpointIds } = originsOf(tags);
  const holder = scopeIds.map((id) => holders.get(`${id} ${nameInParent(key)}`)).find((id) => id !== undefined);
  if (holder === undefined || endpointIds.includes(holder)) return undefined;
  return { is: 'gone', reason: `its address belongs to endpoint ${holder} now` };
}
