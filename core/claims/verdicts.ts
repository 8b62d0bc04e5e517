import { dispositionOf } from '../endpoint-states';
import type { QuarantineCode, Quarantined, Snapshot } from '../model';
import { newestOf, type Statement, statementsOf } from './statements';

/**
 * Discovery's verdict about an endpoint with addresses in use: `gone` for certain, `absent` from a
 * read scope, or `uncertain`. An uncertain endpoint is never removed.
 */
export type Verdict = {
  readonly is: 'gone' | 'absent' | 'uncertain';
  readonly reason: string;
  /**
   * Time of the observation (unix epoch, milliseconds), so that one observation of `absent` counts
   * once. Absent: this pass.
   */
  readonly observedAtMs?: number;
  /** Of `gone`: the relay that reported it. Absent: this process read it. */
  readonly relayId?: string;
  /** The endpoint is listed: its count of absences starts again. */
  readonly isSeen?: boolean;
};

/** Explicit refusals, by `allow` or by the tag: the endpoint itself is certain. */
const refusals: ReadonlySet<QuarantineCode> = new Set([
  'domain-not-allowed',
  'service-not-allowed',
  'vpc-not-allowed',
  'path-not-allowed',
  'other-gateway',
]);

/**
 * Judges an endpoint by the newest statements, the most certain first; `quarantined` comes from the
 * claims.
 */
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

/**
 * Whether the endpoint has certainly ended: by a question for its id, or by the newest statement of
 * a known scope.
 */
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
