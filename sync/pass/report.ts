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

/** One line about a scope, for people and for `--json`. */
export type ScopeReport = {
  readonly id: string;
  readonly status: 'known' | 'unknown';
  readonly endpoints: number;
  /** Age of what is used: 0 when read in this pass; absent when the scope was never read. */
  readonly ageMs?: number;
  readonly code?: string;
  readonly reason?: string;
};

/** Why a stage does not get the newest revision yet. */
export type WhyWaiting = {
  /** `earlier`: a stage before it does not run it, or is on trial; `halted`: that trial did not pass; `unwritable`: its own trial cannot be written down; the others: somebody has to do something, or time to go by. */
  readonly kind: keyof typeof waitMessages;
  /** The earlier stage that it waits for. */
  readonly stage?: string;
  readonly reason: string;
  /** When a freeze ends, in ISO 8601. */
  readonly until?: string;
};

/** A stage that waits for its turn in a rollout: what it runs meanwhile, what it would run, and why not yet. */
export type Waits = WhyWaiting & { readonly revision: string; readonly newest: string };

/** What one pass saw, planned and did. */
export type Report = {
  readonly owner: string;
  /** Of several control planes, which one; absent: there is one. */
  readonly stage?: string;
  /** The revision that the control plane is pinned to, and the one that it would run else; absent: it follows. */
  readonly pinned?: { readonly revision: string; readonly newest: string };
  /** Absent: the control plane gets the newest revision. */
  readonly waits?: Waits;
  readonly scopes: readonly ScopeReport[];
  readonly quarantined: readonly Quarantined[];
  readonly changes: readonly Change[];
  readonly kept: readonly Kept[];
  /** What `protect` lists and the plan concerns; absent: nothing is protected. */
  readonly protected?: readonly ProtectedReport[];
  /** Absent when nothing was to be applied. */
  readonly applied?: readonly AppliedChange[];
  readonly rollout?: Rollout;
  /** Absent when nothing is published. */
  readonly publications?: readonly PublicationReport[];
  /** Absent where the configuration has no `contracts`, or nobody acts on them here. */
  readonly contracts?: ContractsReport;
  /** `sync --watch`: how many changes wait for the end of the window that collects them. */
  readonly held?: number;
  /** When these are due, in ISO 8601; absent when none waits. */
  readonly heldUntil?: string;
  /** `sync --plan`: creates that nobody approved. */
  readonly leftOut?: readonly AppliedChange[];
  /** `sync --plan`: approved changes that are not needed any more. */
  readonly unnecessary?: readonly Change[];
  /** `diff`: creates whose name somebody else has; `sync` would leave them out. */
  readonly conflicts?: readonly string[];
  /** What the brake held back; `changes` went ahead without it. */
  readonly withheld?: Withheld;
  /** Why the whole plan is refused by policy. */
  readonly refused?: string;
  readonly warnings: readonly string[];
};

/** One line of JSON, with what else a verb tells. What may be a password in a change is masked, as in its reason. */
export function serialiseReport(report: Report, more: object = {}): string {
  const whole = { ...report, ...more };
  const text = JSON.stringify(whole);
  const masked = (_: string, value: unknown) => (isPlugin(value) ? maskedPlugin(value) : value);
  // To look at each value of ten thousand changes takes longer than to write them.
  return `${text.includes('"kind":"plugin"') ? JSON.stringify(whole, masked) : text}\n`;
}

/** Wherever in a report, so that no field of it can be forgotten. */
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

/** Unknown scopes, those of one reason together: a role that cannot be taken is one fault in all of its regions. */
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

/** More would hide the reason. */
const mostNames = 8;

/** Ids of scopes, as one line shows them. */
export function namesOf(scopes: readonly Pick<ScopeReport, 'id'>[]): string {
  const names = scopes.slice(0, mostNames).map(({ id }) => id);
  const more = scopes.length - names.length;
  return more > 0 ? `${names.join(', ')} and ${more} more` : names.join(', ');
}

/** Another gateway's endpoints are nothing to do about here. */
export function isOurs({ code }: Pick<Quarantined, 'code'>): boolean {
  return code !== 'other-gateway';
}

/** What is uncertain, although the pass went as it should. */
export function isUncertain({ scopes, quarantined, contracts }: Seen): boolean {
  return (
    scopes.some(({ status }) => status === 'unknown') ||
    quarantined.some(isOurs) ||
    (contracts !== undefined && unknownParts(contracts).length > 0)
  );
}

type Seen = Pick<Report, 'scopes' | 'quarantined' | 'contracts'>;

/** The brake held something back, here, in what is published, or of contracts. */
export function isWithheld({
  withheld,
  publications = [],
  contracts,
}: Pick<Report, 'withheld' | 'publications' | 'contracts'>): boolean {
  return (withheld ?? contracts?.withheld) !== undefined || publications.some((one) => one.withheld);
}

/** Something of a pass could not be done: at the control plane, in what is published, or of contracts. */
export function isPartlyDone(report: Pick<Report, 'applied' | 'publications' | 'contracts'>): boolean {
  const { publications = [], contracts } = report;
  return (
    isIncomplete(report) || publications.some(isIncomplete) || (contracts !== undefined && isActedPartly(contracts))
  );
}

/** Something could not be applied, or a publication not even read. */
export function isIncomplete({ applied, error }: Pick<PublicationReport, 'applied' | 'error'>): boolean {
  return Boolean(error) || applied?.some((one) => one.outcome !== 'applied') === true;
}

/** No scope could be read because of credentials: nothing that discovery says can be trusted. */
export function hasNoCredentials(report: Pick<Report, 'scopes'>): boolean {
  return report.scopes.length > 0 && report.scopes.every(isOfCredentials);
}

const ofCredentials: ReadonlySet<string | undefined> = new Set(['CREDENTIALS', 'ACCESS_DENIED', 'OTHER_ACCOUNT']);

/** Whether something is unknown because of the credentials that asked for it. */
export function isOfCredentials({ code }: { readonly code?: string }): boolean {
  return ofCredentials.has(code);
}
