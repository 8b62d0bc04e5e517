import type { Terminal } from '#io/terminal';
import type { StageProgress } from '../../rollout/advance/progress';
import { formatProgress, tellingOf } from './view';

/** Live progress of the stages on standard error. */
export type Live = {
  /** Called when a stage has made progress. `all` is called where the whole table is shown. */
  readonly show: (one: StageProgress, all: () => readonly StageProgress[]) => void;
  /** Prints a line above the table. */
  readonly say: (line: string) => void;
  readonly end: () => void;
};

const everyMs = 1_000;

/**
 * Returns a table that repaints on a terminal; elsewhere it prints a line for each new step of a
 * stage.
 */
export function createLive(terminal: Terminal, monotonicMs: () => number): Live {
  return terminal.isTerminal ? liveTable(terminal, monotonicMs) : linesOfSteps(terminal);
}

function liveTable(terminal: Terminal, monotonicMs: () => number): Live {
  let lines = 0;
  let nextMs = 0;
  let last = '';
  // Moves to the first line of the table and clears below it (ECMA-48: CPL, ED).
  const clear = () => (lines > 0 ? `\x1b[${lines}F\x1b[J` : '');
  const paint = (text: string) => {
    terminal.err(`${clear()}${text}`);
    lines = text.split('\n').length - 1;
    last = text;
  };
  return {
    show: (_, all) => {
      if (monotonicMs() < nextMs) return;
      nextMs = monotonicMs() + everyMs;
      paint(fitting(formatProgress(all(), terminal), terminal));
    },
    say: (line) => {
      const table = last;
      terminal.err(`${clear()}${line}\n`);
      lines = 0;
      paint(table);
    },
    end: () => {
      if (lines > 0) terminal.err(clear());
      lines = 0;
    },
  };
}

/** Limits the table to the terminal, because scrolled lines cannot be repainted. */
function fitting(table: string, { rows = Number.POSITIVE_INFINITY }: Terminal): string {
  const lines = table.trimEnd().split('\n');
  // One line is for the cursor, and one for the count of hidden lines.
  if (lines.length < rows) return table;
  const shown = lines.slice(0, Math.max(1, rows - 2));
  return `${shown.join('\n')}\n${lines.length - shown.length} more lines; rollout status shows all\n`;
}

function linesOfSteps(terminal: Terminal): Live {
  const steps = new Map<string, string>();
  return {
    show: (one) => {
      const step = `${one.step} ${one.revision}`;
      if (steps.get(one.stage) === step) return;
      steps.set(one.stage, step);
      const telling = tellingOf({ ...one, gates: {} });
      terminal.err(`stage ${one.stage}: ${one.step}${telling ? `, ${telling}` : ''}\n`);
    },
    say: (line) => terminal.err(`${line}\n`),
    end: () => {},
  };
}
