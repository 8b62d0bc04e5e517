import { PrivatelinkError } from '#core/errors';
import { withOwnSignal } from '#io/signals';
import { readForeign } from '../../control-planes/apply';
import { checkPlugins } from '../../pass/check-plugins';
import { expectationOf } from '../../pass/identity';
import { onlyDomain } from '../../pass/one-domain';
import { serialisePlan } from '../../pass/plan-file';
import { hasNoCredentials, isIncomplete, isWithheld, type Report, serialiseReport } from '../../pass/report';
import { formatActing, formatPlanned, formatReport, formatUnchanged, summaryOfWithheld } from '../../pass/report-text';
import { planApproved } from '../../pass/run-once';
import type { Session } from '../../pass/session';
import type { ForeignEntity } from '../../plan/foreign-entities';
import { foreignMessage } from '../../plan/foreign-entities';
import { findConflicts } from '../../publish/publish';
import { exitCodeOfUncertain, exitCodes, type Strictness } from '../exit-codes';
import { perStage, type StageResult } from '../per-stage';
import type { Configured, Verb } from '../verb';
import { writeOutput } from '../write-output';

export type ShowOptions = Configured &
  Strictness & {
    /** Path for the plan file. */
    readonly out?: string;
    /** Name of the only stage to use. */
    readonly stage?: string;
    /** The only domain to show. */
    readonly domain?: string;
    /** List each change, however many there are. */
    readonly verbose?: boolean;
  };

type DiffOptions = ShowOptions & {
  /** Number of addresses, as written. */
  readonly allowRemovals?: string;
};

/** Shows what `sync` would write, with reasons. Writes nothing, not even to stateDir. */
export const runDiff: Verb<DiffOptions> = async (options, signal) => {
  if (options.domain && options.out) throw partialPlan();
  const work = {
    doing: 'comparing',
    ofOne: options.out && '--out',
    of: (session: Session, own: AbortSignal) => planned(session, options, own),
  };
  return perStage({ ...options, isReadOnly: true }, signal, work);
};

/** Returns the output for the plan of a read-only session. */
export async function planned(session: Session, options: ShowOptions, signal: AbortSignal): Promise<StageResult> {
  const report = await planWithPlugins(session, options, signal);
  const written = options.out ? await writePlan({ path: options.out, session, report }, signal) : undefined;
  const foreign = await readForeign(report.changes, { ...session, signal });
  const { publications = [] } = report;
  const published = await findConflicts(session.publications ?? [], publications, signal);
  const shown: Report = {
    ...report,
    conflicts: foreign.map(foreignMessage),
    publications: report.publications && published,
  };
  const { terminal, verbose: isVerbose } = options;
  return {
    exitCode: exitCodeOfPlan(shown, options),
    json: () => serialiseReport(shown),
    text: () => `${formatReport(shown, terminal, { isVerbose })}${summaryOf(shown, foreign)}\n`,
    notes: written && `${written}\n`,
  };
}

function exitCodeOfPlan(report: Report, options: ShowOptions): number {
  const { publications: published = [], contracts } = report;
  if (hasNoCredentials(report)) return exitCodes.error;
  if (published.some(isIncomplete)) return exitCodes.incomplete;
  const uncertain = exitCodeOfUncertain(report, options);
  if (uncertain) return uncertain;
  const isAnythingPlanned =
    [report, ...published].some((one) => one.changes.length > 0) || (contracts?.actions ?? []).length > 0;
  const differs = Boolean(report.refused) || isWithheld(report) || isAnythingPlanned;
  return differs ? exitCodes.differs : exitCodes.done;
}

function partialPlan(): PrivatelinkError {
  const fix = 'leave --domain out: a plan is of all domains';
  return new PrivatelinkError('--out cannot be given with --domain', { code: 'CONFIG_INVALID', fix });
}

/**
 * Returns the plan, or the part about one domain, together with the control plane's answers about
 * the named plugins.
 */
function planWithPlugins(session: Session, { domain }: ShowOptions, signal: AbortSignal): Promise<Report> {
  const { base, config } = session;
  const domains = domain ? { [domain]: config.domains[domain] ?? {} } : config.domains;
  return withOwnSignal(signal, async (own) => {
    const planning = planApproved(session, own.signal).catch((thrown: unknown) => {
      own.abort(thrown);
      throw thrown;
    });
    const asking = checkPlugins({ base, config: { ...config, domains } }, own.signal);
    const [planned, { problems, unchecked }] = await Promise.all([planning, asking]);
    const report = domain ? onlyDomain(planned, domain) : planned.report;
    return { ...report, warnings: [...report.warnings, ...problems, ...unchecked] };
  });
}

type Writing = { readonly path: string; readonly session: Session; readonly report: Report };

/** Writes the file that `sync --plan` takes as the approval. */
async function writePlan({ path, session, report }: Writing, signal: AbortSignal): Promise<string> {
  const { changes, withheld, contracts } = report;
  const expected = await expectationOf(session, signal);
  const plan = {
    ...expected,
    createdAtMs: session.clock.now(),
    withheld: withheld?.reason,
    changes,
    contracts: contracts?.actions,
  };
  const written = await writeOutput(path, serialisePlan(plan));
  return withheld ? `${written}; sync --plan will refuse this file, because the brake withholds removals` : written;
}

function summaryOf(report: Report, foreign: readonly ForeignEntity[]): string {
  const acting = formatActing(report);
  if (report.changes.length === 0 && !report.withheld && !report.refused) return `${formatUnchanged(report)}${acting}`;
  const planned = formatPlanned(report.changes, foreign) + summaryOfWithheld(report);
  return `${report.refused ? 'sync would refuse this: ' : ''}${planned}${acting}`;
}
