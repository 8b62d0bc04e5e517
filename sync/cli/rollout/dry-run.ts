import { printable } from '#core/printable';
import { formatTable } from '#io/table';
import { backendOf } from '../../control-planes/backends';
import { serialiseReport } from '../../pass/report';
import { formatReport } from '../../pass/report-text';
import { checkGates, type GateCheck } from '../../rollout/gates/gates';
import { exitCodes, worstOf } from '../exit-codes';
import { type OfRollout, readStandings, type Standing } from './standing';
import { progressIn } from './status';
import { formatProgress } from './view';

/** Shows the next change of each stage and the current results of the gates. Writes nothing. */
export async function showDryRun(options: OfRollout, signal: AbortSignal): Promise<number> {
  const standings = await readStandings(options, signal);
  const { terminal, json } = options;
  const checked = await Promise.all(
    standings.stages.map(async (one) => ({ ...one, gates: await gatesOf(one, signal) })),
  );
  if (json) {
    const stages = checked.map(({ progress, gates, report }) => {
      const more = { progress, checks: gates };
      return report ? serialiseReport(report, more).trim() : JSON.stringify(more);
    });
    terminal.out(`{"stages":[${stages.join()}]}\n`);
  } else {
    terminal.out(formatProgress(progressIn(standings), terminal));
    for (const one of checked) terminal.out(textOf(one, options));
  }
  return worstOf([...checked.map(exitCodeOf), ...standings.unlisted.map(() => exitCodes.error)]);
}

type Checked = Standing & { readonly gates: readonly GateCheck[] };

function gatesOf({ session }: Standing, signal: AbortSignal): Promise<readonly GateCheck[]> {
  const { stage, rollout, clock, config } = session;
  return checkGates(rollout.config, { stage, clock, backend: backendOf(config.controlPlane) }, signal);
}

function textOf({ session, report, gates }: Checked, { terminal }: OfRollout): string {
  const rows = gates.map(({ name, kind, said }) => [name, kind, said]);
  const told = report ? formatReport(report, terminal) : '';
  return `\nStage ${printable(session.stage)}\n${told}${formatTable(['GATE', 'SAYS', 'OF THE PRESENT'], rows, terminal.columns)}`;
}

/** An inconclusive gate would halt the rollout. */
function exitCodeOf({ report, gates }: Checked): number {
  if (!report) return exitCodes.error;
  if (report.refused || gates.some(({ kind }) => kind === 'fail' || kind === 'inconclusive')) return exitCodes.refused;
  return report.changes.length > 0 || report.waits ? exitCodes.differs : exitCodes.done;
}
