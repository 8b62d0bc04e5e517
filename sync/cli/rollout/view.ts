import { printable } from '#core/printable';
import { formatRows } from '#io/table';
import { type Colour, paint, type Terminal } from '#io/terminal';
import type { StageProgress, StageStep } from '../../rollout/advance/progress';
import { exitCodes } from '../exit-codes';

const colours: Readonly<Record<StageStep, Colour>> = {
  done: 'green',
  waits: 'dim',
  due: 'yellow',
  writing: 'yellow',
  settling: 'yellow',
  baking: 'yellow',
  approval: 'yellow',
  halted: 'red',
  back: 'red',
  pinned: 'yellow',
  behind: 'red',
};

/** Formats one row for each stage: step, revision, and the reason of a wait. */
export function formatProgress(stages: readonly StageProgress[], terminal: Terminal): string {
  const rows = stages.map((one) => [one.stage, one.step, one.revision ?? '', one.newest ?? '', tellingOf(one)]);
  const [head = '', ...more] = formatRows(['STAGE', 'STEP', 'RUNS', 'NEWEST', ''], rows, terminal.columns);
  const painted = stages.map(({ step }, index) => paint(terminal, colours[step], more[index] ?? ''));
  return [paint(terminal, 'dim', head.trimEnd()), ...painted].map((row) => `${row.trimEnd()}\n`).join('');
}

/** Formats the details of a stage beside its step, in one line. */
export function tellingOf({ reason, until, gates = {} }: StageProgress): string {
  const told = reason === undefined ? [] : [reason];
  const due = until === undefined || reason?.includes(until) ? [] : [`until ${until}`];
  const said = Object.entries(gates).map(([gate, { kind, said }]) => `${gate} ${kind}: ${said}`);
  return printable([...due, ...told, ...said].join('; '));
}

const waiting: ReadonlySet<StageStep> = new Set([
  'waits',
  'due',
  'writing',
  'settling',
  'baking',
  'approval',
  'pinned',
]);

/**
 * Returns the exit code of a rollout: 1 where a stage is behind, 3 where a gate or policy halted
 * it, 2 where it waits for a person or for time, 0 at the end.
 */
export function exitCodeOfProgress(stages: readonly StageProgress[]): number {
  if (stages.some(({ step }) => step === 'behind')) return exitCodes.error;
  if (stages.some(({ step }) => step === 'halted' || step === 'back')) return exitCodes.refused;
  return stages.some(({ step }) => waiting.has(step)) ? exitCodes.differs : exitCodes.done;
}
