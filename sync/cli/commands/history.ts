import { printable } from '#core/printable';
import { timeOf } from '#io/clock';
import { formatTable } from '#io/table';
import type { By, Run, StageState } from '../../rollout/journal';
import type { StageSession } from '../../rollout/open-stages';
import { exitCodes } from '../exit-codes';
import { perStage, type StageResult } from '../per-stage';
import type { Configured, Verb } from '../verb';

type HistoryOptions = Configured & {
  /** Name of the only stage to use. */
  readonly stage?: string;
};

/**
 * Shows current and earlier revisions of stages. Reads stateDir only, and asks Konnect only to
 * resolve labels.
 */
export const runHistory: Verb<HistoryOptions> = (options, signal) => {
  const of = (session: StageSession) => historyOf(session, options);
  return perStage({ ...options, isReadOnly: true }, signal, { doing: 'reading', of });
};

async function historyOf(session: StageSession, { terminal }: HistoryOptions): Promise<StageResult> {
  const { journal, revisions } = session.remembered;
  const { state, warnings } = await journal.read();
  const kept = new Set(await revisions.list());
  const { runs, isWhole, pin } = state;
  const history = state.history.map((run) => ({ ...run, isKept: kept.has(run.revision) })).toReversed();
  const { stage, place: controlPlane } = session;
  const view = { stage, controlPlane, runs, isWhole, pin, history, warnings };
  return {
    exitCode: exitCodes.done,
    json: () => JSON.stringify(view),
    text: () => `${nowOf(state)}${tableOf(history, terminal.columns)}`,
    notes: warnings.map((one) => `warning ${printable(one)}\n`).join(''),
  };
}

function nowOf({ runs, isWhole, pin }: StageState): string {
  if (runs === undefined && !pin) return 'No revision is recorded yet: sync records what the control plane runs\n';
  const part = isWhole ? '' : ' in part: some entities are not written yet';
  const pinned = pin
    ? `pinned to revision ${pin.revision}${pin.left ? `, back from ${pin.left}` : ''}`
    : 'follows the newest';
  return `runs revision ${runs}${part}; ${pinned}\n`;
}

type Row = Run & { readonly isKept: boolean };

function tableOf(history: readonly Row[], columns: number | undefined): string {
  const rows = history.map(({ atMs, revision, how, by, changes, isKept }) => [
    timeOf(atMs),
    isKept ? revision : `${revision} (not kept)`,
    how,
    whoOf(by),
    printable(changes),
  ]);
  return rows.length > 0 ? formatTable(['WHEN', 'REVISION', 'HOW', 'BY', 'CHANGES'], rows, columns) : '';
}

function whoOf({ user, run, configuration }: By): string {
  const file = configuration === undefined ? [] : [`configuration ${configuration}`];
  return printable([...[run ?? user ?? ''].filter(Boolean), ...file].join(', '));
}
