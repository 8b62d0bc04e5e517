import type { ContractAction } from '../../contracts/actions';
import { isOurs, type Report } from '../../pass/report';
import type { AppliedChange, Change } from '../../plan/changes';
import type { Conditions, Line } from './conditions';
import { follow } from './follow';
import { failedBy, foundIn } from './found';

/** Result of a pass: a report, or the reason of its failure. */
export type Passed =
  | { readonly number: number; readonly report: Report; readonly durationMs: number }
  | { readonly number: number; readonly code?: string; readonly reason: string };

/** State of the log so far. */
export type Said = {
  readonly conditions: Conditions;
  /** Monotonic time of the last `pass ended` line, and the number of passes since. */
  readonly endedMs?: number;
  readonly quietPasses: number;
};

export const nothingSaid: Said = { conditions: new Map(), quietPasses: 0 };

const hourMs = 3_600_000;
/**
 * A pass logs at most this many written entities. The first pass of a large estate writes
 * thousands.
 */
const linesOfApplied = 100;

/** Returns the log lines of a pass, given the state so far. Pure. `nowMs` is monotonic. */
export function linesOfPass(
  before: Said,
  passed: Passed,
  nowMs: number,
): { readonly said: Said; readonly lines: readonly Line[] } {
  const seen = 'report' in passed ? foundIn(passed.report) : failedBy(passed.code, passed.reason);
  const { conditions, lines } = follow(before.conditions, seen, nowMs);
  const passes = before.quietPasses + 1;
  const quiet = { ...before, conditions, quietPasses: passes };
  if (!('report' in passed)) return { said: quiet, lines: numbered(lines, passed.number) };
  const isDue = before.endedMs === undefined || nowMs - before.endedMs >= hourMs;
  const isTold = isDue || isBusy(passed.report);
  const ended: Line = {
    level: isTold ? 'info' : 'debug',
    message: 'pass ended',
    fields: { passes, ...countsOf(passed.report), durationMs: Math.round(passed.durationMs) },
  };
  return {
    said: isTold ? { conditions, endedMs: nowMs, quietPasses: 0 } : quiet,
    lines: numbered([...lines, ...writtenLines(passed.report), ...actedLines(passed.report), ended], passed.number),
  };
}

function numbered(lines: readonly Line[], plan: number): readonly Line[] {
  return lines.map((line) => ({ ...line, fields: { plan, ...line.fields } }));
}

/**
 * `changes` are planned changes: `applied`, `failed`, `skipped`, `held` and `waiting` together,
 * without withheld changes.
 */
function countsOf(report: Report) {
  const { applied = [], changes, held = 0, scopes, withheld } = report;
  const count = (outcome: AppliedChange['outcome']) => applied.filter((one) => one.outcome === outcome).length;
  return {
    changes: changes.length,
    applied: count('applied'),
    failed: count('failed'),
    skipped: count('skipped'),
    held,
    heldUntil: report.heldUntil,
    waiting: changes.length - applied.length - held,
    withheld: withheld?.changes.length ?? 0,
    published: publishedIn(report).length,
    acted: report.contracts && actedIn(report).length,
    pinned: report.pinned?.revision,
    scopes: scopes.length,
    unknownScopes: scopes.filter(({ status }) => status === 'unknown').length,
    quarantined: report.quarantined.filter(isOurs).length,
  };
}

/** Whether something was written, or waits for the end of the window. */
function isBusy(report: Report): boolean {
  const done = [writtenOf(report.applied), publishedIn(report), actedIn(report)];
  return done.some(({ length }) => length > 0) || (report.held ?? 0) > 0;
}

function writtenOf(applied: readonly AppliedChange[] = []): readonly Change[] {
  return applied.filter(({ outcome }) => outcome === 'applied').map(({ change }) => change);
}

function publishedIn({ publications = [] }: Report): readonly Change[] {
  return publications.flatMap((one) => writtenOf(one.applied));
}

function actedIn({ contracts }: Report): readonly ContractAction[] {
  return (contracts?.applied ?? []).filter(({ outcome }) => outcome === 'applied').map(({ action }) => action);
}

/** Returns one line for each action, and a count of further actions. */
function actedLines(report: Report): readonly Line[] {
  const acted = actedIn(report);
  const more = acted.length - linesOfApplied;
  const lines = acted
    .slice(0, linesOfApplied)
    .map(({ action, serviceId, endpointId, principal, account, ...why }): Line => {
      const { consumer, reason } = why;
      const about = { action, service: serviceId, endpoint: endpointId, principal, account, consumer };
      return { level: 'info', message: 'action of contracts done', fields: { ...about, reason } };
    });
  return more > 0 ? [...lines, { level: 'info', message: 'more actions of contracts done', fields: { more } }] : lines;
}

function writtenLines(report: Report): readonly Line[] {
  const written = [...writtenOf(report.applied), ...publishedIn(report)];
  const more = written.length - linesOfApplied;
  const lines = written.slice(0, linesOfApplied).map(({ action, kind, key, domain, reason }): Line => {
    return { level: 'info', message: 'change applied', fields: { action, kind, key, domain, reason } };
  });
  return more > 0 ? [...lines, { level: 'info', message: 'more changes applied', fields: { more } }] : lines;
}
