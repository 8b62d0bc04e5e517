import { groupBy } from '../group-by';
import type { Endpoint, EndpointState, Observed, Quarantined, ScopeState, Snapshot } from '../model';
import { lastGoodOf, statesById } from '../snapshot';

/** The statement of one scope about one endpoint, now or when it was last known. */
export type Statement = {
  readonly id: string;
  readonly scopeId: string;
  /** When it was observed; unix epoch, milliseconds. */
  readonly atMs: number;
  /** A relay passed it on. */
  readonly isRelayed: boolean;
  /** Whether the scope is known; otherwise this is its last statement. */
  readonly isKnown: boolean;
  readonly state?: EndpointState;
  /** AWS's own words about the state. */
  readonly awsReason?: string;
  /** Absent where the scope quarantined it. */
  readonly endpoint?: Endpoint;
  readonly quarantined?: Quarantined;
};

/**
 * All statements of the scopes, by endpoint id, in the order of the scopes. Several scopes may
 * speak of one endpoint, for example a source beside the snapshot of another gateway. A relayed
 * statement is left out when this process read its scope later (fm-38).
 */
export function statementsOf({ scopes }: Snapshot): Statements {
  const kept = statementsOfScopes.get(scopes) ?? collect(scopes);
  statementsOfScopes.set(scopes, kept);
  return kept;
}

/** Claims, verdicts and missing ids of one pass use one result. */
const statementsOfScopes = new WeakMap<Snapshot['scopes'], Statements>();

type Statements = ReadonlyMap<string, readonly Statement[]>;

function collect(scopes: Snapshot['scopes']): Statements {
  const states = statesById({ scopes });
  const isOutdated = ({ observed }: Relayable) =>
    observed !== undefined && isReadSince(observed, states.get(observed.scopeId));
  const statements = scopes.flatMap((state): readonly Statement[] => {
    const held = lastGoodOf(state);
    if (!held) return [];
    const said = ({ observed }: Relayable) => ({
      scopeId: state.scope.id,
      atMs: observed?.atMs ?? held.observedAtMs,
      isRelayed: observed !== undefined,
      isKnown: state.status === 'known',
    });
    const { endpoints, quarantined } = held.discovered;
    return [
      ...endpoints
        .filter((one) => !isOutdated(one))
        .map((endpoint) => {
          const { id, state: endpointState, reason } = endpoint;
          return { id, ...said(endpoint), state: endpointState, awsReason: reason, endpoint };
        }),
      ...quarantined
        .filter((one) => !isOutdated(one))
        .map((one) => ({ id: one.endpointId, ...said(one), state: one.state, quarantined: one })),
    ];
  });
  return groupBy(statements, (one) => one.id);
}

/**
 * Whether this process read the same scope later. A role names its account. Without a role, the
 * relay's credentials may belong to another account.
 */
function isReadSince({ atMs, accountId }: Observed, state: ScopeState | undefined): boolean {
  const held = state && lastGoodOf(state);
  if (!state || !held || held.observedAtMs < atMs) return false;
  return /^\d{12}$/.test(state.scope.account) || (accountId !== undefined && held.accountId === accountId);
}

type Relayable = { readonly observed?: Observed };

/**
 * Returns the valid statements about one endpoint: those of this pass, else those observed last. An
 * older observation never overrides a newer one (fm-38).
 */
export function newestOf(statements: readonly Statement[]): readonly Statement[] {
  const direct = statements.filter(({ isKnown, isRelayed }) => isKnown && !isRelayed);
  if (direct.length > 0) return direct;
  const newestMs = statements.reduce((latest, { atMs }) => Math.max(latest, atMs), Number.NEGATIVE_INFINITY);
  return statements.filter(({ atMs }) => atMs === newestMs);
}
