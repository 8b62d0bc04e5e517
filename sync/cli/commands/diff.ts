import { readForeign } from '../../control-planes/apply';
import { expectationOf } from '../../pass/identity';
import { serialisePlan } from '../../pass/plan-file';
import { hasNoCredentials, isIncomplete, isWithheld, type Report, serialiseReport } from '../../pass/report';
import { formatPlanned, formatReport, formatUnchanged, summaryOfWithheld } from '../../pass/report-text';
import { planOnce } from '../../pass/run-once';
import { openSession } from '../../pass/session';
import type { ForeignEntity } from '../../plan/foreign-entities';
import { foreignMessage } from '../../plan/foreign-entities';
import { findConflicts } from '../../publish/publish';
import { exitCodes } from '../exit-codes';
import { writeOutput } from '../write-output';
import type { Configured, Verb } from './verb';

type DiffOptions = Configured & {
  /** Where the plan is written, too. */
  readonly out?: string;
  /** Number of addresses, as written. */
  readonly allowRemovals?: string;
};

/** Shows what `sync` would write and why; writes nothing, not even to stateDir. */
export const runDiff: Verb<DiffOptions> = async (options, signal) => {
  const session = openSession({ ...options, isReadOnly: true });
  const { report } = await planOnce(session, signal);
  const written = options.out ? await writePlan({ path: options.out, session, report }, signal) : undefined;
  const foreign = await readForeign(report.changes, { ...session, signal });
  const { publications = [] } = report;
  const published = await findConflicts(session.publications ?? [], publications, signal);
  const shown: Report = {
    ...report,
    conflicts: foreign.map(foreignMessage),
    publications: report.publications && published,
  };
  const { terminal } = options;
  if (options.json) terminal.out(serialiseReport(shown));
  else terminal.out(`${formatReport(shown, terminal)}${summaryOf(shown, foreign)}\n`);
  if (written && !options.json) terminal.err(`${written}\n`);
  if (hasNoCredentials(report)) return exitCodes.error;
  if (published.some(isIncomplete)) return exitCodes.incomplete;
  const differs = isWithheld(shown) || [report, ...published].some((one) => one.changes.length > 0);
  return differs ? exitCodes.differs : exitCodes.done;
};

type Writing = { readonly path: string; readonly session: ReturnType<typeof openSession>; readonly report: Report };

/** Writes what `sync --plan` will take as approved. */
async function writePlan({ path, session, report }: Writing, signal: AbortSignal): Promise<string> {
  const { changes, withheld } = report;
  const expected = await expectationOf(session, signal);
  const plan = { ...expected, createdAtMs: session.clock.now(), withheld: withheld?.reason, changes };
  const written = await writeOutput(path, serialisePlan(plan));
  return withheld ? `${written}; sync --plan refuses it, as the brake withholds removals` : written;
}

function summaryOf(report: Report, foreign: readonly ForeignEntity[]): string {
  if (report.changes.length === 0 && !report.withheld) return formatUnchanged(report);
  const planned = formatPlanned(report.changes, foreign) + summaryOfWithheld(report);
  return `${report.refused ? 'sync would refuse this: ' : ''}${planned}`;
}
