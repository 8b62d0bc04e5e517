import { formatCounts, formatReport } from '../output/report-text';
import { exitCodes, hasNoCredentials } from '../report';
import { planOnce } from '../run-once';
import { openSession } from '../session';
import type { Command } from './command';

/** Shows what `sync` would write and why; writes nothing, not even absences. */
export const runDiff: Command = async (options, signal) => {
  const { report } = await planOnce(openSession(options), signal);
  const { terminal } = options;
  if (options.json) terminal.out(`${JSON.stringify(report)}\n`);
  else
    terminal.out(`${formatReport(report, terminal)}${summary(report.changes.length)}${formatCounts(report.changes)}\n`);
  if (hasNoCredentials(report)) return exitCodes.error;
  return report.changes.length > 0 ? exitCodes.differs : exitCodes.done;
};

function summary(changes: number): string {
  return changes === 0 ? 'The control plane is as it should be: ' : '';
}
