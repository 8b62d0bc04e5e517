import { onlyRead } from '../../contracts/open';
import { hasNoCredentials, isIncomplete, type Report, serialiseReport } from '../../pass/report';
import { formatApplied, formatCounts, formatReport, formatUnchanged, pinnedTo } from '../../pass/report-text';
import type { StageSession } from '../../rollout/open-stages';
import { planRollback, type Rollback, rollBack } from '../../rollout/rollback';
import { writing } from '../../rollout/run-stage';
import { exitCodeOfSync, exitCodes } from '../exit-codes';
import { perStage, type StageResult } from '../per-stage';
import { whyUnconfirmed } from '../question';
import type { Configured, Verb } from '../verb';
import { openRelease } from './schema';

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
  return perStage(options, signal, { doing: 'rolling back', isInOrder: true, of });
};

async function rollbackOne(given: StageSession, options: RollbackOptions, signal: AbortSignal): Promise<StageResult> {
  const { terminal, json, revision } = options;
  // A person is asked about the control plane alone.
  const session = { ...given, contracts: onlyRead(given.contracts) };
  const rollback = await planRollback(session, revision, signal);
  const shown = { ...rollback.report, pinned: undefined };
  // A person is asked about what is above the question.
  if (!json) terminal.out(`${titleOf(rollback)}${formatReport(shown, terminal)}`);
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
    text: () => `${said}${summaryOf(refused ? { ...report, pinned: undefined } : report, rollback, session)}\n`,
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

function titleOf(rollback: Rollback): string {
  const { from, to } = rollback;
  const goal =
    to === undefined ? 'would follow the newest revision' : `would go back to revision ${to} and be pinned to it`;
  return `${from === undefined ? '' : `runs revision ${from}; `}${isFollowing(rollback) ? following : goal}\n`;
}

const following = 'already follows the newest revision';

function isFollowing({ to, isPinned }: Rollback): boolean {
  return to === undefined && !isPinned;
}

async function whyNot(rollback: Rollback, { stage }: StageSession, options: RollbackOptions) {
  const { to, report } = rollback;
  if (options.now || (isFollowing(rollback) && report.changes.length === 0)) return undefined;
  const what = to === undefined ? 'Follow the newest revision' : `Go back to revision ${to}`;
  return whyUnconfirmed({ text: `${what} in ${stage ?? 'the control plane'}?`, flag: '--now' }, options);
}

function summaryOf(report: Report, rollback: Rollback, { stage }: StageSession): string {
  const { changes, applied, refused, pinned } = report;
  if (refused)
    return `${pinned ? `Pinned ${pinnedTo(pinned)}; nothing` : 'Nothing'} was written: ${formatCounts(changes)}`;
  const done = applied ? formatApplied(applied) : formatUnchanged(report);
  if (isFollowing(rollback)) return done;
  const now = pinned ? `is pinned ${pinnedTo(pinned)}` : 'follows the newest revision again';
  return `${stage === undefined ? 'The control plane' : `Stage ${stage}`} ${now}. ${done}`;
}
