import { formatProblem } from '#core/errors';
import { hasNoCredentials, isIncomplete, type Report, serialiseReport } from '../../pass/report';
import { formatApplied, formatCounts, formatReport, formatUnchanged } from '../../pass/report-text';
import type { StageSession } from '../../rollout/open-stages';
import { planRollback, type Rollback, rollBack } from '../../rollout/rollback';
import { writing } from '../../rollout/run-stage';
import { exitCodeOfSync, exitCodes } from '../exit-codes';
import { perStage, type StageResult } from '../per-stage';
import { openRelease } from './schema';
import type { Configured, Verb } from './verb';

type RollbackOptions = Configured & {
  /** As written: an id, what it begins with, or `newest`. */
  readonly revision?: string;
  /** The one of several control planes. */
  readonly stage?: string;
  /** Do not ask. */
  readonly now?: boolean;
  /** Number of addresses, as written. */
  readonly allowRemovals?: string;
};

/** Takes stages back to a revision that ran: shows the plan, asks, and writes it with today's data. */
export const runRollback: Verb<RollbackOptions> = (options, signal) => {
  const of = (session: StageSession, own: AbortSignal) => rollbackOne(session, options, own);
  return perStage(options, signal, { doing: 'going back in', isInOrder: true, of });
};

async function rollbackOne(session: StageSession, options: RollbackOptions, signal: AbortSignal): Promise<StageResult> {
  const { terminal, json, revision } = options;
  const rollback = await planRollback(session, revision, signal);
  // A person is asked about what is above the question.
  if (!json) terminal.out(`${titleOf(rollback)}${formatReport(rollback.report, terminal)}`);
  const refused = rollback.report.refused ?? (await whyNot(rollback, session, options));
  const prepare = openRelease(session.config);
  const report: Report = refused
    ? { ...rollback.report, refused }
    : await writing({ ...session, prepare }, signal, (writer, own) => rollBack(writer, rollback, own));
  const { from, to } = rollback;
  const news = refused ? { ...report, refused: rollback.report.refused ? undefined : refused } : report;
  const said = formatReport({ ...news, ...alreadySaid }, terminal);
  return {
    exitCode: refused ? exitCodes.refused : exitCodeOf(report),
    json: () => serialiseReport(report, { from, to }),
    text: () => `${said}${summaryOf(report, rollback)}\n`,
  };
}

/** Where AWS refuses all credentials the revision is written all the same. */
function exitCodeOf(report: Report): number {
  const { applied = [] } = report;
  return hasNoCredentials(report) && applied.length > 0 && !isIncomplete(report)
    ? exitCodes.done
    : exitCodeOfSync(report);
}

/** What the plan said already. */
const alreadySaid = { changes: [], kept: [], scopes: [], quarantined: [], warnings: [], pinned: undefined };

function titleOf({ from, to }: Rollback): string {
  const goal = to === undefined ? 'follow the newest revision' : `go back to revision ${to}`;
  return `${from === undefined ? '' : `runs revision ${from}; `}would ${goal}\n`;
}

async function whyNot({ to }: Rollback, { stage }: StageSession, { terminal, json, now }: RollbackOptions) {
  if (now) return undefined;
  if (json || !terminal.confirm)
    return formatProblem({ reason: 'nobody is there to confirm this', fix: 'look at it, then add --now' });
  const what = to === undefined ? 'Follow the newest revision' : `Go back to revision ${to}`;
  const isConfirmed = await terminal.confirm(`${what} in ${stage ?? 'the control plane'}?`);
  return isConfirmed ? undefined : 'not confirmed';
}

function summaryOf(report: Report, { to }: Rollback): string {
  const { changes, applied, refused } = report;
  if (refused) return `Nothing was written: ${formatCounts(changes)}`;
  const now = to === undefined ? 'follows the newest revision again' : `is pinned to revision ${to}`;
  return `The stage ${now}. ${applied ? formatApplied(applied) : formatUnchanged(report)}`;
}
