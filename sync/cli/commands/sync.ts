import { PrivatelinkError } from '#core/errors';
import { expectationOf } from '../../pass/identity';
import { readPlan } from '../../pass/plan-file';
import { type Report, serialiseReport } from '../../pass/report';
import { formatApplied, formatCounts, formatReport, formatUnchanged, summaryOfWithheld } from '../../pass/report-text';
import { runOnce } from '../../pass/run-once';
import { openSession, type Session } from '../../pass/session';
import { exitCodeOfSync } from '../exit-codes';
import { type ShowOptions, showPlan } from './diff';
import { openRelease } from './schema';
import type { Verb } from './verb';
import type { WatchOptions } from './watch';

type SyncOptions = WatchOptions &
  Pick<ShowOptions, 'strict' | 'verbose'> & {
    /** The file of what is approved. */
    readonly plan?: string;
    /** Pass after pass, until stopped. */
    readonly watch?: boolean;
    /** Plans, and writes nothing. */
    readonly dryRun?: boolean;
  };

/** One pass: discovers, plans, and writes to the control plane what differs. */
export const runSync: Verb<SyncOptions> = async (options, signal) => {
  if (options.watch) {
    const [, flag] = ofOnePass.find(([name]) => options[name]) ?? [];
    if (flag) throw ofOnePassOnly(flag);
    // The worker's server, logs and metrics are a tenth of the start of a one-shot command.
    const { runWatch } = await import('./watch');
    return runWatch(options, signal);
  }
  if ((options.logLevel ?? options.logFormat) !== undefined) throw unwatchedLog();
  const session = openSession({ ...options, isReadOnly: options.dryRun });
  const approval = options.plan ? await readApproval(options.plan, session, signal) : {};
  if (options.dryRun) return showPlan({ ...session, ...approval }, options, signal);
  const report = await runOnce({ ...session, prepare: openRelease(session.config), ...approval }, signal);
  const { terminal } = options;
  terminal.out(
    options.json
      ? serialiseReport(report)
      : `${formatReport(report, terminal, { isVerbose: options.verbose })}${summaryOf(report)}${summaryOfWithheld(report)}\n`,
  );
  return exitCodeOfSync(report, options);
};

const ofOnePass = [
  ['plan', '--plan'],
  ['dryRun', '--dry-run'],
  ['strict', '--strict'],
  ['verbose', '--verbose'],
] as const;

function ofOnePassOnly(flag: string): PrivatelinkError {
  const fix = `leave --watch out for one pass, or ${flag} to go on`;
  return new PrivatelinkError(`${flag} is for one pass, and --watch goes on`, { code: 'CONFIG_INVALID', fix });
}

function unwatchedLog(): PrivatelinkError {
  const fix = 'add --watch, or leave them out';
  return new PrivatelinkError('--log-level, --log-format: one pass writes no log', { code: 'CONFIG_INVALID', fix });
}

/** What the plan file lets through. */
async function readApproval(path: string, session: Session, signal: AbortSignal) {
  return { approved: await readPlan(path, await expectationOf(session, signal)) };
}

function summaryOf(report: Report): string {
  const { changes, applied, refused, publications } = report;
  if (refused || (!applied && changes.length > 0)) return `Nothing was written: ${formatCounts(changes)}`;
  if (!applied && publications?.some((one) => one.applied)) return formatUnchanged(report);
  if (!applied) return report.withheld ? 'Nothing was written' : `${formatUnchanged(report)}; nothing was written`;
  return formatApplied(applied);
}
