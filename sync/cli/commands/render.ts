import { formatProblem, isProblem, PrivatelinkError, type Problem } from '#core/errors';
import { printable } from '#core/printable';
import { renderText } from '#deck/file/write';
import type { Terminal } from '#io/terminal';
import { backendOf } from '../../control-planes/backends';
import { type PassDependencies, type Planned, planOnce } from '../../pass/plan-once';
import { hasNoCredentials, type Report, serialiseReport } from '../../pass/report';
import { formatReport } from '../../pass/report-text';
import type { StageSession } from '../../rollout/open-stages';
import { writing } from '../../rollout/run-stage';
import { exitCodeOfUncertain, exitCodes, type Strictness } from '../exit-codes';
import { perStage, type StageResult } from '../per-stage';
import type { Configured, Verb } from '../verb';
import { writeOutput } from '../write-output';

type RenderOptions = Configured &
  Strictness & {
    /** Path of the file. Absent: standard output. */
    readonly output?: string;
    /** Name of the only stage to use. */
    readonly stage?: string;
    /** Number of addresses, as written. */
    readonly allowRemovals?: string;
  };

/**
 * Writes the decK file of the desired state, for `deck gateway sync` in CI. The report goes to
 * standard error.
 */
export const runRender: Verb<RenderOptions> = (options, signal) => {
  // render records its revision in stateDir, so it waits for other writers.
  const of = (session: StageSession, own: AbortSignal) =>
    writing(session, own, (writer, signal) => renderOne(writer, options, signal));
  return perStage(options, signal, { doing: 'rendering', ofOne: 'render', of });
};

async function renderOne(session: StageSession, options: RenderOptions, signal: AbortSignal): Promise<StageResult> {
  const { terminal, output } = options;
  const planned = await planWithControlPlane(session, signal);
  if (isProblem(planned)) return refused(formatProblem(planned), session.stage);
  const { report, outcome, pinned } = planned;
  if (report.refused || hasNoCredentials(report)) {
    const exitCode = hasNoCredentials(report) ? exitCodes.error : exitCodes.refused;
    const notes = `${textOf(report, terminal)}no file was written\n`;
    return { exitCode, json: () => serialiseReport(report), text: () => '', notes };
  }
  session.mayWrite?.();
  const { warning } = await session.absenceStore.write(planned.plan.absences);
  const { controlPlane, owner } = session.config;
  const { base = session.base } = pinned ?? {};
  const text = renderText(outcome, { owner, ...backendOf(controlPlane).deckPlace, base });
  const written = output ? `${await writeOutput(output, text)}\n` : '';
  const remembered = await session.memory.rendered(planned);
  const warned = { ...report, warnings: [...report.warnings, ...(warning ? [warning] : []), ...remembered] };
  return {
    exitCode: report.withheld ? exitCodes.refused : exitCodeOfUncertain(report, options),
    json: () => serialiseReport(warned, { output, text: output ? undefined : text }),
    text: () => (output ? '' : text),
    notes: `${textOf(warned, terminal)}${written}`,
  };
}

/**
 * Returns the plan, or the reason against a file now. decK removes everything that the file lacks.
 * Without the control plane the file would lack targets of endpoints that are pending, quarantined
 * or only absent (docs/decisions/0007-render-needs-the-control-plane.md).
 */
async function planWithControlPlane(session: PassDependencies, signal: AbortSignal): Promise<Planned | Problem> {
  try {
    return await planOnce(session, signal);
  } catch (thrown) {
    if (!(thrown instanceof PrivatelinkError && thrown.transient)) throw thrown;
    return { reason: `no file was written: ${thrown.reason}`, fix: thrown.fix ?? 'run render again' };
  }
}

function refused(reason: string, stage: string | undefined): StageResult {
  const notes = `refused ${printable(reason)}\n`;
  return { exitCode: exitCodes.refused, json: () => JSON.stringify({ stage, refused: reason }), text: () => '', notes };
}

function textOf(report: Report, terminal: Terminal): string {
  const contracts = report.contracts && { ...report.contracts, actions: [] };
  return formatReport({ ...report, changes: [], publications: [], contracts }, terminal);
}
