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
  /** An id, the first characters of an id, or `newest`, as written. */
  readonly revision?: string;
  /** Name of the only stage to use. */
  readonly stage?: string;
  /** Do not ask. */
  readonly now?: boolean;
  /** Number of addresses, as written. */
  readonly allowRemovals?: string;
};

/**
 * Returns stages to an earlier revision: shows the plan, asks, and writes it with today's targets.
 */
export const runRollback: Verb<RollbackOptions> = (options, signal) => {
  const of = (session: StageSession, own: AbortSignal) => rollbackOne(session, options, own);
  return perStage(options, signal, { doing: 'rolling back', isInOrder: true, of });
};

async function rollbackOne(given: StageSession, options: RollbackOptions, signal: AbortSignal): Promise<StageResult> {
  const { terminal, json, revision } = options;
  // The question is about the control plane only, so contracts are only read.
  const session = { ...given, contracts: onlyRead(given.contracts) };
  const rollback = await planRollback(session, revision, signal);
  const shown = { ...rollback.report, pinned: undefined };
  // The question is about the plan above it.
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

/** The revision is written even where AWS refuses all credentials. */
function exitCodeOf(report: Report): number {
  const { applied = [] } = report;
  return hasNoCredentials(report) && applied.length > 0 && !isIncomplete(report)
    ? exitCodes.done
    : exitCodeOfSync(report);
}

/** Parts that were shown with the plan. */
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
