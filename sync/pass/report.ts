import { groupBy } from '#core/group-by';
import type { waitMessages } from '#core/messages/plans';
import type { Quarantined, ScopeState } from '#core/model';
import { lastGoodOf } from '#core/snapshot';
import { maskedPlugin } from '#deck/compare';
import type { Entity } from '#deck/document';
import { type ContractsReport, isActedPartly, unknownParts } from '../contracts/report';
import type { Rollout } from '../control-planes/control-plane';
import type { AppliedChange, Change, Kept } from '../plan/changes';
import type { ProtectedReport } from '../plan/protect/count';
import type { Withheld } from '../plan/removals/brake';
import type { PublicationReport } from '../publish/publish';

/** A scope in the report, for people and for `--json`. */
export type ScopeReport = {
  readonly id: string;
  readonly status: 'known' | 'unknown';
  readonly endpoints: number;
  /**
   * Age of the data that is used: 0 when it was read in this pass; absent when the scope was never
   * read.
   */
  readonly ageMs?: number;
  readonly code?: string;
  readonly reason?: string;
};

/** Why a stage does not get the newest revision yet. */
export type WhyWaiting = {
  /**
   * `earlier`: an earlier stage does not run the revision, or has it on trial. `halted`: that trial
   * did not pass. `unwritable`: the stage's own trial cannot be recorded. The other kinds wait for
   * a person, or for time to pass.
   */
  readonly kind: keyof typeof waitMessages;
  /** The earlier stage that it waits for. */
  readonly stage?: string;
  readonly reason: string;
  /** When a freeze ends, in ISO 8601. */
  readonly until?: string;
};

/**
 * A stage that waits for its turn in a rollout: the revision it runs, the newest revision, and the
 * reason.
 */
export type Waits = WhyWaiting & { readonly revision: string; readonly newest: string };

/** What one pass saw, planned and did. */
export type Report = {
  readonly owner: string;
  /** Name of the control plane when there are several. */
  readonly stage?: string;
  /**
   * The revision of the pin, and the revision without the pin. Absent: the control plane follows.
   */
  readonly pinned?: { readonly revision: string; readonly newest: string };
  /** Absent: the control plane gets the newest revision. */
  readonly waits?: Waits;
  readonly scopes: readonly ScopeReport[];
  readonly quarantined: readonly Quarantined[];
  readonly changes: readonly Change[];
  readonly kept: readonly Kept[];
  /** Entries of `protect` that the plan concerns. Absent: nothing is protected. */
  readonly protected?: readonly ProtectedReport[];
  /** Absent when there was nothing to apply. */
  readonly applied?: readonly AppliedChange[];
  readonly rollout?: Rollout;
  /** Absent when nothing is published. */
  readonly publications?: readonly PublicationReport[];
  /**
   * Absent without `contracts` in the configuration, or where this command does not act on them.
   */
  readonly contracts?: ContractsReport;
  /** `sync --watch`: number of changes that wait for the end of the collecting window. */
  readonly held?: number;
  /** When the waiting changes are due, in ISO 8601. Absent when none waits. */
  readonly heldUntil?: string;
  /** `sync --plan`: creates that nobody approved. */
  readonly leftOut?: readonly AppliedChange[];
  /** `sync --plan`: approved changes that are no longer needed. */
  readonly unnecessary?: readonly Change[];
  /** `diff`: creates whose name is taken by somebody else. `sync` would leave them out. */
  readonly conflicts?: readonly string[];
  /** Changes that the brake withheld. `changes` went ahead without them. */
  readonly withheld?: Withheld;
  /** Why policy refuses the whole plan. */
  readonly refused?: string;
  readonly warnings: readonly string[];
};

/**
 * Writes the report as one line of JSON; `more` adds fields of the verb. Possible passwords in
 * changes are masked, as they are in reasons.
 */
export function serialiseReport(report: Report, more: object = {}): string {
  const whole = { ...report, ...more };
  const text = JSON.stringify(whole);
  const masked = (_: string, value: unknown) => (isPlugin(value) ? maskedPlugin(value) : value);
  // A look at each value of ten thousand changes takes longer than writing them.
  return `${text.includes('"kind":"plugin"') ? JSON.stringify(whole, masked) : text}\n`;
}

/** Matches plugins anywhere in a report, so that no field can be forgotten. */
function isPlugin(value: unknown): value is Entity {
  if (typeof value !== 'object' || value === null || !('kind' in value) || !('fields' in value)) return false;
  return value.kind === 'plugin' && typeof value.fields === 'object' && value.fields !== null;
}

export function reportScope(state: ScopeState, nowMs: number): ScopeReport {
  const { scope, status } = state;
  const good = lastGoodOf(state);
  const endpoints = good?.discovered.endpoints.length ?? 0;
  const report = { id: scope.id, status, endpoints, ageMs: good && nowMs - good.observedAtMs };
  return state.status === 'known' ? report : { ...report, code: state.code, reason: state.reason };
}

/**
 * Groups unknown scopes by reason: a role that cannot be assumed is one fault in all its regions.
 */
export function unknownTogether(scopes: readonly ScopeReport[]): readonly Unknown[] {
  const unknown = scopes.filter(({ status }) => status === 'unknown');
  const byReason = groupBy(unknown, ({ code = '', reason = '' }) => `${code} ${reason}`);
  return [...byReason.values()].map((together) => {
    const [{ code, reason } = {}] = together;
    return { code, reason, together };
  });
}

/** Scopes that are unknown for one reason. */
export type Unknown = Pick<ScopeReport, 'code' | 'reason'> & { readonly together: readonly ScopeReport[] };

/** More names would hide the reason. */
const mostNames = 8;

/** Ids of scopes for one line of text. */
export function namesOf(scopes: readonly Pick<ScopeReport, 'id'>[]): string {
  const names = scopes.slice(0, mostNames).map(({ id }) => id);
  const more = scopes.length - names.length;
  return more > 0 ? `${names.join(', ')} and ${more} more` : names.join(', ');
}

/** Whether the endpoint is for this gateway. Endpoints of another gateway need no action here. */
export function isOurs({ code }: Pick<Quarantined, 'code'>): boolean {
  return code !== 'other-gateway';
}

/** Whether something is uncertain although the pass succeeded. */
export function isUncertain({ scopes, quarantined, contracts }: Seen): boolean {
  return (
    scopes.some(({ status }) => status === 'unknown') ||
    quarantined.some(isOurs) ||
    (contracts !== undefined && unknownParts(contracts).length > 0)
  );
}

type Seen = Pick<Report, 'scopes' | 'quarantined' | 'contracts'>;

/** Whether the brake withheld something: in the control plane, in publications, or in contracts. */
export function isWithheld({
  withheld,
  publications = [],
  contracts,
}: Pick<Report, 'withheld' | 'publications' | 'contracts'>): boolean {
  return (withheld ?? contracts?.withheld) !== undefined || publications.some((one) => one.withheld);
}

/** Whether something could not be done: in the control plane, in publications, or in contracts. */
export function isPartlyDone(report: Pick<Report, 'applied' | 'publications' | 'contracts'>): boolean {
  const { publications = [], contracts } = report;
  return (
    isIncomplete(report) || publications.some(isIncomplete) || (contracts !== undefined && isActedPartly(contracts))
  );
}

/** Whether a change failed, or a publication could not be read. */
export function isIncomplete({ applied, error }: Pick<PublicationReport, 'applied' | 'error'>): boolean {
  return Boolean(error) || applied?.some((one) => one.outcome !== 'applied') === true;
}

/** Whether all scopes failed because of credentials. Then nothing in discovery can be trusted. */
export function hasNoCredentials(report: Pick<Report, 'scopes'>): boolean {
  return report.scopes.length > 0 && report.scopes.every(isOfCredentials);
}

const ofCredentials: ReadonlySet<string | undefined> = new Set(['CREDENTIALS', 'ACCESS_DENIED', 'OTHER_ACCOUNT']);

/** Whether credentials are the reason that something is unknown. */
export function isOfCredentials({ code }: { readonly code?: string }): boolean {
  return ofCredentials.has(code);
}
