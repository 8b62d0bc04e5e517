import { PrivatelinkError } from '#core/errors';
import { expectationOf } from '../../pass/identity';
import { readPlan } from '../../pass/plan-file';
import { type Report, serialiseReport } from '../../pass/report';
import { formatApplied, formatCounts, formatReport, formatUnchanged, summaryOfWithheld } from '../../pass/report-text';
import type { Session } from '../../pass/session';
import { runStage } from '../../rollout/run-stage';
import { exitCodeOfSync } from '../exit-codes';
import { perStage, type StageResult } from '../per-stage';
import { planned, type ShowOptions } from './diff';
import { openRelease } from './schema';
import type { Verb } from './verb';
import type { WatchOptions } from './watch';

type SyncOptions = WatchOptions &
  Pick<ShowOptions, 'strict' | 'verbose'> & {
    /** The one of several control planes. */
    readonly stage?: string;
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
  const work = {
    doing: 'bringing up to date',
    ofOne: options.plan && '--plan',
    of: (session: Session, own: AbortSignal) => syncOne(session, options, own),
  };
  return perStage({ ...options, isReadOnly: options.dryRun }, signal, work);
};

async function syncOne(session: Session, options: SyncOptions, signal: AbortSignal): Promise<StageResult> {
  const { terminal, plan, dryRun, verbose: isVerbose } = options;
  const approval = plan ? await readApproval(plan, session, signal) : {};
  if (dryRun) return planned({ ...session, ...approval }, options, signal);
  const report = await runStage({ ...session, prepare: openRelease(session.config), ...approval }, signal);
  return {
    exitCode: exitCodeOfSync(report, options),
    json: () => serialiseReport(report),
    text: () => `${formatReport(report, terminal, { isVerbose })}${summaryOf(report)}${summaryOfWithheld(report)}\n`,
  };
}

const ofOnePass = [
  ['plan', '--plan'],
  ['dryRun', '--dry-run'],
  ['strict', '--strict'],
  ['verbose', '--verbose'],
  ['stage', '--stage'],
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
