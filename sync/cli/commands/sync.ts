import { PrivatelinkError } from '#core/errors';
import { quietly } from '#io/terminal';
import { expectationOf } from '../../pass/identity';
import { readPlan } from '../../pass/plan-file';
import { type Report, serialiseReport } from '../../pass/report';
import { formatApplied, formatCounts, formatReport, formatUnchanged, summaryOfWithheld } from '../../pass/report-text';
import type { Session } from '../../pass/session';
import type { StageSession } from '../../rollout/open-stages';
import { runStage } from '../../rollout/run-stage';
import { exitCodeOfSync, worstOf } from '../exit-codes';
import { perStage, type StageResult } from '../per-stage';
import { type Advance, type Advanced, openAdvance } from '../rollout/advance';
import { noRollout } from '../rollout/standing';
import { exitCodeOfProgress, formatProgress } from '../rollout/view';
import type { Verb } from '../verb';
import { planned, type ShowOptions } from './diff';
import { openRelease } from './schema';
import type { WatchOptions } from './watch';

type SyncOptions = WatchOptions &
  Pick<ShowOptions, 'strict' | 'verbose'> & {
    /** Name of the only stage to use. */
    readonly stage?: string;
    /** Path of the approved plan. */
    readonly plan?: string;
    /** Run pass after pass, until stopped. */
    readonly watch?: boolean;
    /** Plan only, write nothing. */
    readonly dryRun?: boolean;
    /** The verb `rollout` called it. */
    readonly needsRollout?: boolean;
  };

/** Runs one pass: discovers, plans, and writes the differences to the control plane. */
export const runSync: Verb<SyncOptions> = async (options, signal) => {
  if (options.watch) {
    const [, flag] = ofOnePass.find(([name]) => options[name]) ?? [];
    if (flag) throw ofOnePassOnly(flag);
    // Loading the worker's server, logs and metrics would cost a tenth of the start of a one-shot
    // command.
    const { runWatch } = await import('./watch');
    return runWatch(options, signal);
  }
  if ((options.logLevel ?? options.logFormat) !== undefined) throw unwatchedLog();
  let advance: Advance | undefined;
  const work = {
    doing: () => (advance ? undefined : 'bringing up to date'),
    ofOne: options.plan && '--plan',
    opened: (sessions: readonly StageSession[]) => {
      const hasRollout = sessions.some(({ rollout }) => rollout);
      if (options.needsRollout && sessions.length > 0 && !hasRollout) throw noRollout();
      advance = hasRollout && !options.dryRun && !options.plan ? openAdvance(sessions, options, signal) : undefined;
    },
    of: (session: StageSession, own: AbortSignal) => syncOne(session, { ...options, advance }, own),
  };
  try {
    const exitCode = await perStage({ ...options, isReadOnly: options.dryRun }, signal, work);
    if (advance && !options.json) showEnd(advance, options);
    return exitCode;
  } finally {
    await advance?.end(signal);
  }
};

/** Shows all stages in one table, below the output of each stage. */
function showEnd({ progress }: Advance, { terminal }: SyncOptions): void {
  terminal.out(`\n${formatProgress(progress(), terminal)}`);
}

type OfStage = SyncOptions & {
  /** Absent: one pass is enough. */
  readonly advance?: Advance;
};

async function syncOne(session: StageSession, options: OfStage, signal: AbortSignal): Promise<StageResult> {
  const { terminal, plan, dryRun, advance, verbose: isVerbose } = options;
  const approval = plan ? await readApproval(plan, session, signal) : {};
  if (dryRun) return planned({ ...session, ...approval }, options, signal);
  const ready = { ...session, prepare: openRelease(session.config), ...approval };
  const { report, progress }: Advanced = advance
    ? await advance.of({ ...ready, during: quietly, onApplied: undefined }, signal)
    : { report: await runStage(ready, signal) };
  const ofRollout = progress ? [exitCodeOfProgress([progress])] : [];
  return {
    exitCode: worstOf([exitCodeOfSync(report, options), ...ofRollout]),
    json: () => serialiseReport(report, { progress }),
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
  const fix = `leave out --watch or ${flag}`;
  return new PrivatelinkError(`${flag} works for one pass, and --watch runs pass after pass`, {
    code: 'CONFIG_INVALID',
    fix,
  });
}

function unwatchedLog(): PrivatelinkError {
  const fix = 'add --watch, or leave them out';
  return new PrivatelinkError('--log-level, --log-format: one pass writes no log', { code: 'CONFIG_INVALID', fix });
}

/** Reads the changes that the plan file approves. */
async function readApproval(path: string, session: Session, signal: AbortSignal) {
  return { approved: await readPlan(path, await expectationOf(session, signal)) };
}

function summaryOf(report: Report): string {
  const { changes, applied, refused, publications = [], contracts } = report;
  if (refused || (!applied && changes.length > 0)) return `Nothing was written: ${formatCounts(changes)}`;
  if (!applied && [contracts, ...publications].some((one) => one?.applied)) return formatUnchanged(report);
  if (!applied) return report.withheld ? 'Nothing was written' : `${formatUnchanged(report)}; nothing was written`;
  return formatApplied(applied);
}
