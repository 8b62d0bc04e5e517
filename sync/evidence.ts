import { dispositionOf } from '../core/endpoint-states';
import type { EndpointState, QuarantineCode, Quarantined, ScopeState, Snapshot } from '../core/model';
import type { Entity } from '../deck/document';

/**
 * What discovery says about a target that the control plane holds and nobody wants any more:
 * `gone` for certain, `absent` from a known scope, or `uncertain`, which never removes anything.
 */
export type Verdict = { readonly is: 'gone' | 'absent' | 'uncertain'; readonly reason: string };

type Seen = { readonly state?: EndpointState; readonly awsReason?: string; readonly quarantined?: Quarantined };

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
  return (target) => {
    const origins = target.tags.filter((tag) => tag.startsWith('scope:')).map((tag) => tag.slice('scope:'.length));
    const unknown = origins.map((id) => scopes.get(id)).find((state) => state?.status === 'unknown');
    if (unknown) return { is: 'uncertain', reason: `scope ${unknown.scope.id} is unknown: ${reasonOf(unknown)}` };
    const endpoint = target.tags.map((tag) => ({ id: tag, seen: seen.get(tag) })).find((one) => one.seen);
    if (endpoint?.seen) return verdictOf(endpoint.id, endpoint.seen);
    const known = origins.some((id) => scopes.has(id));
    return {
      is: 'absent',
      reason: known ? `not listed in ${origins.join(', ')}` : `no source discovers ${origins.join(', ') || 'it'}`,
    };
  };
}

function reasonOf(state: ScopeState): string {
  return state.status === 'unknown' ? state.reason : '';
}

function seenEndpoints(snapshot: Snapshot, quarantined: readonly Quarantined[]): ReadonlyMap<string, Seen> {
  const known = snapshot.scopes.flatMap((state) => (state.status === 'known' ? [state.discovered] : []));
  const all = [...known.flatMap((discovered) => discovered.quarantined), ...quarantined];
  return new Map<string, Seen>([
    ...known.flatMap((discovered) =>
      discovered.endpoints.map((one): [string, Seen] => [one.id, { state: one.state, awsReason: one.reason }]),
    ),
    ...all.map((one): [string, Seen] => [one.endpointId, { state: one.state, quarantined: one }]),
  ]);
}

function verdictOf(id: string, { state, awsReason, quarantined }: Seen): Verdict {
  const words = `endpoint ${id} is ${state}${awsReason ? ` (${awsReason})` : ''}`;
  if (state && dispositionOf(state) === 'remove') return { is: 'gone', reason: words };
  if (quarantined) {
    return {
      is: refusals.has(quarantined.code) ? 'absent' : 'uncertain',
      reason: `endpoint ${id} ${quarantined.reason}`,
    };
  }
  if (state && dispositionOf(state) === 'hold') return { is: 'uncertain', reason: words };
  return { is: 'absent', reason: `endpoint ${id} has this address no more` };
}
