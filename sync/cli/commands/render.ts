import { formatProblem, isProblem, PrivatelinkError, type Problem } from '#core/errors';
import { printable } from '#core/printable';
import { renderText } from '#deck/file/write';
import { backendOf } from '../../control-planes/backends';
import { hasNoCredentials, type Report, serialiseReport } from '../../pass/report';
import { formatReport } from '../../pass/report-text';
import { type PassDependencies, type Planned, planOnce } from '../../pass/run-once';
import { openSession } from '../../pass/session';
import { exitCodeOfUncertain, exitCodes, type Strictness } from '../exit-codes';
import { writeOutput } from '../write-output';
import type { Configured, Verb } from './verb';

type RenderOptions = Configured &
  Strictness & {
    /** Where the file is written; absent: standard output. */
    readonly output?: string;
    /** Number of addresses, as written. */
    readonly allowRemovals?: string;
  };

/** Writes the decK file of what the control plane should hold, for `deck gateway sync` in CI; people read the report on standard error. */
export const runRender: Verb<RenderOptions> = async (options, signal) => {
  const session = openSession(options);
  const planned = await planWithControlPlane(session, signal);
  if (isProblem(planned)) return refuse(formatProblem(planned), options);
  const { report } = planned;
  if (report.refused || hasNoCredentials(report)) {
    print(report, options);
    if (!options.json) options.terminal.err('no file was written\n');
    return hasNoCredentials(report) ? exitCodes.error : exitCodes.refused;
  }
  const { warning } = await session.absenceStore.write(planned.plan.absences);
  const { controlPlane, owner } = session.config;
  const text = renderText(planned.outcome, { owner, ...backendOf(controlPlane).deckPlace, base: session.base });
  const written = options.output ? await writeOutput(options.output, text) : undefined;
  if (!options.output && !options.json) options.terminal.out(text);
  print({ ...report, warnings: warning ? [...report.warnings, warning] : report.warnings }, options, text);
  if (written && !options.json) options.terminal.err(`${written}\n`);
  return report.withheld ? exitCodes.refused : exitCodeOfUncertain(report, options);
};

/**
 * The plan, or why there is none for now. The file is all that decK will leave in place: without the control plane nobody knows what is
 * held by endpoints that are pending, quarantined or only absent (docs/decisions/0007-render-needs-the-control-plane.md).
 */
async function planWithControlPlane(session: PassDependencies, signal: AbortSignal): Promise<Planned | Problem> {
  try {
    return await planOnce(session, signal);
  } catch (thrown) {
    if (!(thrown instanceof PrivatelinkError && thrown.transient)) throw thrown;
    return { reason: `no file was written: ${thrown.reason}`, fix: thrown.fix ?? 'run render again' };
  }
}

function refuse(refused: string, { terminal, json }: RenderOptions): number {
  if (json) terminal.out(`${JSON.stringify({ refused })}\n`);
  else terminal.err(`refused ${printable(refused)}\n`);
  return exitCodes.refused;
}

function print(report: Report, { terminal, json, output }: RenderOptions, text?: string): void {
  if (json) terminal.out(serialiseReport(report, { output, text: output ? undefined : text }));
  else terminal.err(formatReport({ ...report, changes: [], publications: [] }, terminal));
}
