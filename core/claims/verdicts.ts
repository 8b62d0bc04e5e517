import { dispositionOf } from '../endpoint-states';
import type { QuarantineCode, Quarantined, Snapshot } from '../model';
import { newestOf, type Statement, statementsOf } from './statements';

/**
 * What discovery says about an endpoint whose addresses are in use: `gone` for certain, `absent` from what was read, or
 * `uncertain`, which never removes anything.
 */
export type Verdict = {
  readonly is: 'gone' | 'absent' | 'uncertain';
  readonly reason: string;
  /** When that was observed, of `absent` so that one observation counts once; unix epoch, milliseconds. Absent: in this pass. */
  readonly observedAtMs?: number;
  /** Of `gone`: the relay that says so. Absent: it was read here. */
  readonly relayId?: string;
  /** It is listed all the same: what was counted of its absence is over. */
  readonly isSeen?: boolean;
};

/** Refusals in words, of the operator's `allow` or the tag's writer: they are no doubt about the endpoint. */
const refusals: ReadonlySet<QuarantineCode> = new Set([
  'domain-not-allowed',
  'service-not-allowed',
  'vpc-not-allowed',
  'path-not-allowed',
  'other-gateway',
]);

/** Judges an endpoint by the newest that scopes say of it, the surest first; `quarantined` are those of the claims. */
export function judgeEndpoints(
  snapshot: Snapshot,
  quarantined: readonly Quarantined[],
): (endpointId: string) => Verdict {
  const statements = statementsOf(snapshot);
  const gone = new Set(snapshot.goneIds);
  const refused = new Map(quarantined.map((one) => [one.endpointId, one]));
  return (endpointId) => {
    if (gone.has(endpointId)) return { is: 'gone', reason: `endpoint ${endpointId} is deleted (AWS knows it no more)` };
    const said = statements.get(endpointId) ?? [];
    const verdicts = newestOf(said)
      .filter(({ isKnown }) => isKnown)
      .map((one) => verdictOf(one, refused.get(endpointId)));
    const surest = verdicts.find((one) => one.is === 'gone') ?? verdicts.find((one) => one.is === 'uncertain');
    if (surest) return surest;
    if (said.some(({ isKnown }) => !isKnown))
      return { is: 'uncertain', reason: `the scope of endpoint ${endpointId} is unknown` };
    return verdicts[0] ?? { is: 'absent', reason: `endpoint ${endpointId} is not listed` };
  };
}

/** Whether the endpoint is at its end for certain: asked by id, or by the newest that a known scope says. */
export function isGone({ goneIds = [] }: Snapshot): (id: string, statements: readonly Statement[]) => boolean {
  const gone = new Set(goneIds);
  return (id, statements) => gone.has(id) || newestOf(statements).some((one) => one.isKnown && isTerminal(one));
}

function isTerminal({ state }: Pick<Statement, 'state'>): boolean {
  return state !== undefined && dispositionOf(state) === 'remove';
}

function verdictOf(statement: Statement, refused: Quarantined | undefined): Verdict {
  const { id, scopeId, state, awsReason, quarantined = refused, atMs, isRelayed } = statement;
  const words = `endpoint ${id} is ${state}${awsReason ? ` (${awsReason})` : ''}`;
  if (isTerminal(statement))
    return { is: 'gone', reason: words, ...(isRelayed ? { observedAtMs: atMs, relayId: scopeId } : {}) };
  if (quarantined) {
    const is = refusals.has(quarantined.code) ? 'absent' : 'uncertain';
    return { is, reason: `endpoint ${id} ${quarantined.reason}`, observedAtMs: atMs, isSeen: is === 'uncertain' };
  }
  if (state && dispositionOf(state) === 'hold') return { is: 'uncertain', reason: words, isSeen: true };
  return { is: 'absent', reason: `endpoint ${id} serves this address no more`, observedAtMs: atMs };
}
