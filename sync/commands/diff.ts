import { foreignMessage } from '../apply';
import { formatCounts, formatReport, formatUnchanged } from '../output/report-text';
import { exitCodes, hasNoCredentials, type Report } from '../report';
import { planOnce } from '../run-once';
import { openSession } from '../session';
import type { Command } from './command';

/** Shows what `sync` would write and why; writes nothing, not even to stateDir. */
export const runDiff: Command = async (options, signal) => {
  const session = openSession({ ...options, isReadOnly: true });
  const { report } = await planOnce(session, signal);
  const creates = report.changes.filter((change) => change.action === 'create');
  const foreign = creates.length > 0 ? await session.controlPlane.readForeign(creates, signal) : [];
  const shown = { ...report, conflicts: foreign.map(foreignMessage) };
  const { terminal } = options;
  if (options.json) terminal.out(`${JSON.stringify(shown)}\n`);
  else terminal.out(`${formatReport(shown, terminal)}${summaryOf(shown)}\n`);
  if (hasNoCredentials(report)) return exitCodes.error;
  return report.changes.length > 0 ? exitCodes.differs : exitCodes.done;
};

function summaryOf(report: Report): string {
  if (report.changes.length === 0) return formatUnchanged(report);
  return `${report.refused ? 'sync would refuse this: ' : ''}${formatCounts(report.changes)}`;
}
