import { PrivatelinkError } from '#core/errors';
import { expectationOf } from '../../pass/identity';
import { readPlan } from '../../pass/plan-file';
import { type Report, serialiseReport } from '../../pass/report';
import { formatApplied, formatCounts, formatReport, formatUnchanged, summaryOfWithheld } from '../../pass/report-text';
import { runOnce } from '../../pass/run-once';
import { openSession } from '../../pass/session';
import { exitCodeOfSync } from '../exit-codes';
import { openRelease } from './schema';
import type { Verb } from './verb';
import type { WatchOptions } from './watch';

type SyncOptions = WatchOptions & {
  /** The file of what is approved. */
  readonly plan?: string;
  /** Pass after pass, until stopped. */
  readonly watch?: boolean;
};

/** One pass: discovers, plans, and writes to the control plane what differs. */
export const runSync: Verb<SyncOptions> = async (options, signal) => {
  if (options.watch && options.plan) throw watchedPlan();
  if (options.watch) {
    // The worker's server, logs and metrics are a tenth of the start of a one-shot command.
    const { runWatch } = await import('./watch');
    return runWatch(options, signal);
  }
  const session = openSession(options);
  const approval = options.plan ? await readApproval(options.plan, session, signal) : {};
  const report = await runOnce({ ...session, prepare: openRelease(session.config), ...approval }, signal);
  const { terminal } = options;
  terminal.out(
    options.json
      ? serialiseReport(report)
      : `${formatReport(report, terminal)}${summaryOf(report)}${summaryOfWithheld(report)}\n`,
  );
  return exitCodeOfSync(report);
};

function watchedPlan(): PrivatelinkError {
  const fix = 'leave --watch out to apply it, or --plan to go on';
  return new PrivatelinkError('--plan: a plan is approved for one pass', { code: 'CONFIG_INVALID', fix });
}

/** What the plan file lets through. */
async function readApproval(path: string, session: ReturnType<typeof openSession>, signal: AbortSignal) {
  return { approved: await readPlan(path, await expectationOf(session, signal)) };
}

function summaryOf(report: Report): string {
  const { changes, applied, refused, publications } = report;
  if (refused || (!applied && changes.length > 0)) return `Nothing was written: ${formatCounts(changes)}`;
  if (!applied && publications?.some((one) => one.applied)) return formatUnchanged(report);
  if (!applied) return report.withheld ? 'Nothing was written' : `${formatUnchanged(report)}; nothing was written`;
  return formatApplied(applied);
}
