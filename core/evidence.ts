import { dispositionOf } from './endpoint-states';
import { groupBy } from './group-by';
import type { EndpointState, QuarantineCode, Quarantined, Snapshot } from './model';

/**
 * What discovery says about an endpoint whose addresses are in use: `gone` for certain, `absent` from what was read, or
 * `uncertain`, which never removes anything.
 */
export type Verdict = {
  readonly is: 'gone' | 'absent' | 'uncertain';
  readonly reason: string;
  /** Of `absent`: when that was observed (unix epoch, milliseconds), so that one observation counts once. Absent: in this pass. */
  readonly observedAtMs?: number;
};

/** Refusals in words, of the operator's `allow` or the tag's writer: they are no doubt about the endpoint. */
const refusals: ReadonlySet<QuarantineCode> = new Set([
  'domain-not-allowed',
  'service-not-allowed',
  'vpc-not-allowed',
  'path-not-allowed',
  'other-gateway',
]);

type Seen = {
  readonly id: string;
  readonly state?: EndpointState;
  readonly awsReason?: string;
  readonly quarantined?: Quarantined;
};

/** Judges an endpoint by all that known scopes say of it, the surest first; `quarantined` are those of the claims. */
export function judgeEndpoints(
  snapshot: Snapshot,
  quarantined: readonly Quarantined[],
): (endpointId: string) => Verdict {
  const seen = seenEndpoints(snapshot, quarantined);
  const unread = unreadEndpoints(snapshot);
  const gone = new Set(snapshot.goneIds);
  return (endpointId) => {
    if (gone.has(endpointId)) return { is: 'gone', reason: `endpoint ${endpointId} is deleted (AWS knows it no more)` };
    const verdicts = (seen.get(endpointId) ?? []).map(verdictOf);
    const surest = verdicts.find((one) => one.is === 'gone') ?? verdicts.find((one) => one.is === 'uncertain');
    if (surest) return surest;
    if (unread.has(endpointId)) return { is: 'uncertain', reason: `the scope of endpoint ${endpointId} is unknown` };
    return verdicts[0] ?? { is: 'absent', reason: `endpoint ${endpointId} is not listed` };
  };
}

/** Endpoints that an unknown scope held when it was last known. */
function unreadEndpoints(snapshot: Snapshot): ReadonlySet<string> {
  const kept = snapshot.scopes.flatMap((state) =>
    state.status === 'unknown' ? (state.lastGood?.discovered ?? []) : [],
  );
  return new Set(kept.flatMap((discovered) => discovered.endpoints.map((one) => one.id)));
}

function seenEndpoints(snapshot: Snapshot, quarantined: readonly Quarantined[]): ReadonlyMap<string, readonly Seen[]> {
  const known = snapshot.scopes.flatMap((state) => (state.status === 'known' ? [state.discovered] : []));
  const refused = [...known.flatMap((discovered) => discovered.quarantined), ...quarantined];
  const refusedById = new Map(refused.map((one) => [one.endpointId, one]));
  const listed = known.flatMap((discovered) => discovered.endpoints);
  return groupBy(
    [
      ...listed.map(
        ({ id, state, reason }): Seen => ({ id, state, awsReason: reason, quarantined: refusedById.get(id) }),
      ),
      ...refused.map((one): Seen => ({ id: one.endpointId, state: one.state, quarantined: one })),
    ],
    (one) => one.id,
  );
}

function verdictOf({ id, state, awsReason, quarantined }: Seen): Verdict {
  const words = `endpoint ${id} is ${state}${awsReason ? ` (${awsReason})` : ''}`;
  if (state && dispositionOf(state) === 'remove') return { is: 'gone', reason: words };
  if (quarantined) {
    const is = refusals.has(quarantined.code) ? 'absent' : 'uncertain';
    return { is, reason: `endpoint ${id} ${quarantined.reason}` };
  }
  if (state && dispositionOf(state) === 'hold') return { is: 'uncertain', reason: words };
  return { is: 'absent', reason: `endpoint ${id} serves this address no more` };
}
