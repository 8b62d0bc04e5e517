import { dispositionOf } from '../core/endpoint-states';
import { groupBy } from '../core/group-by';
import type { EndpointState, QuarantineCode, Quarantined, Snapshot } from '../core/model';
import { formatAddress, targetsOf } from '../core/targets';
import type { Entity } from '../deck/document';
import { originsOf } from '../deck/tags';

/**
 * What discovery says about a target that the control plane holds and nobody wants any more:
 * `gone` for certain, `absent` from a known scope, or `uncertain`, which never removes anything.
 */
export type Verdict = { readonly is: 'gone' | 'absent' | 'uncertain'; readonly reason: string };

type Seen = {
  readonly id: string;
  readonly state?: EndpointState;
  readonly awsReason?: string;
  readonly quarantined?: Quarantined;
};

/** Refusals of the operator's own `allow`, which are no doubt about the endpoint. */
const refusals: ReadonlySet<QuarantineCode> = new Set([
  'domain-not-allowed',
  'service-not-allowed',
  'vpc-not-allowed',
  'path-not-allowed',
]);

export type Evidence = (target: Entity) => Verdict;

/** Indexes the snapshot; `quarantined` are those of the claims, beside the scopes' own. */
export function collectEvidence(snapshot: Snapshot, quarantined: readonly Quarantined[]): Evidence {
  const scopes = new Map(snapshot.scopes.map((state) => [state.scope.id, state]));
  const seen = seenEndpoints(snapshot, quarantined);
  const holders = addressHolders(snapshot);
  return (target) => {
    const { scopeIds, endpointIds } = originsOf(target.tags);
    const verdicts = endpointIds.flatMap((id) => verdictsOf(id, seen.get(id) ?? []));
    const gone = verdicts.find((one) => one.is === 'gone') ?? takenOver(target, scopeIds, endpointIds, holders);
    if (gone) return gone;
    const unknown = scopeIds.map((id) => scopes.get(id)).find((state) => state?.status === 'unknown');
    if (unknown?.status === 'unknown')
      return { is: 'uncertain', reason: `scope ${unknown.scope.id} is unknown: ${unknown.reason}` };
    const uncertain = verdicts.find((one) => one.is === 'uncertain') ?? verdicts[0];
    if (uncertain) return uncertain;
    const known = scopeIds.some((id) => scopes.has(id));
    return {
      is: 'absent',
      reason: known ? `not listed in ${scopeIds.join(', ')}` : `no source discovers ${scopeIds.join(', ') || 'it'}`,
    };
  };
}

/** All that known scopes say of each endpoint, by id: two sources may see the same one. */
function seenEndpoints(snapshot: Snapshot, quarantined: readonly Quarantined[]): ReadonlyMap<string, readonly Seen[]> {
  const known = snapshot.scopes.flatMap((state) => (state.status === 'known' ? [state.discovered] : []));
  const refused = [...known.flatMap((discovered) => discovered.quarantined), ...quarantined];
  const byQuarantine = new Map(refused.map((one) => [one.endpointId, one]));
  const listed = known.flatMap((discovered) => discovered.endpoints);
  return groupBy(
    [
      ...listed.map(
        ({ id, state, reason }): Seen => ({ id, state, awsReason: reason, quarantined: byQuarantine.get(id) }),
      ),
      ...refused.map((one): Seen => ({ id: one.endpointId, state: one.state, quarantined: one })),
    ],
    (one) => one.id,
  );
}

function verdictsOf(id: string, seen: readonly Seen[]): readonly Verdict[] {
  return seen.map(({ state, awsReason, quarantined }) => {
    const words = `endpoint ${id} is ${state}${awsReason ? ` (${awsReason})` : ''}`;
    if (state && dispositionOf(state) === 'remove') return { is: 'gone', reason: words };
    if (quarantined) {
      return {
        is: refusals.has(quarantined.code) ? 'absent' : 'uncertain',
        reason: `endpoint ${id} ${quarantined.reason}`,
      };
    }
    if (state && dispositionOf(state) === 'hold') return { is: 'uncertain', reason: words };
    return { is: 'absent', reason: `endpoint ${id} serves this address no more` };
  });
}

/** Available endpoints by scope and address: AWS gives an address anew once its interface is gone. */
function addressHolders(snapshot: Snapshot): ReadonlyMap<string, string> {
  const known = snapshot.scopes.flatMap((state) => (state.status === 'known' ? state.discovered.endpoints : []));
  const available = known.filter((one) => dispositionOf(one.state) === 'route');
  return new Map(
    available.flatMap((one) =>
      targetsOf(one).map((target) => [`${one.scopeId} ${formatAddress(target)}`, one.id] as const),
    ),
  );
}

function takenOver(
  target: Entity,
  scopeIds: readonly string[],
  endpointIds: readonly string[],
  holders: ReadonlyMap<string, string>,
): Verdict | undefined {
  const address = target.key.slice(target.key.lastIndexOf('|') + 1);
  const holder = scopeIds.map((id) => holders.get(`${id} ${address}`)).find((id) => id !== undefined);
  if (holder === undefined || endpointIds.includes(holder)) return undefined;
  return { is: 'gone', reason: `its address belongs to endpoint ${holder} now` };
}
