import { formatCounts, formatReport, formatUnchanged } from '../output/report-text';
import { exitCodeOfSync, type Report } from '../report';
import { runOnce } from '../run-once';
import { openSession } from '../session';
import type { Command } from './command';

/** One pass: discovers, plans, and writes to the control plane what differs. */
export const runSync: Command = async (options, signal) => {
  const report = await runOnce(openSession(options), signal);
  const { terminal } = options;
  terminal.out(
    options.json ? `${JSON.stringify(report)}\n` : `${formatReport(report, terminal)}${summaryOf(report)}\n`,
  );
  return exitCodeOfSync(report);
};

function summaryOf(report: Report): string {
  const { changes, applied, refused } = report;
  if (refused) return `Nothing was written: ${formatCounts(changes)}`;
  if (!applied) return `${formatUnchanged(report)}; nothing was written`;
  const done = applied.filter((one) => one.outcome === 'applied').length;
  if (done === changes.length) return `Applied all ${done} changes`;
  const again = applied.some((one) => one.isTransient) ? '; run sync again for the rest' : '; the reasons are above';
  return `Applied ${done} of ${changes.length} changes${again}`;
}
