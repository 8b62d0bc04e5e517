import { formatCounts, formatReport } from '../output/report-text';
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

function summaryOf({ changes, applied, refused }: Report): string {
  if (refused) return `Nothing was written: ${formatCounts(changes)}`;
  if (!applied) return 'The control plane is as it should be: nothing was written';
  const done = applied.filter((one) => one.outcome === 'applied').length;
  return done === changes.length
    ? `Applied all ${done} changes`
    : `Applied ${done} of ${changes.length} changes; run sync again for the rest`;
}
