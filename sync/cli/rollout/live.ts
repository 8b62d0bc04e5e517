import type { Terminal } from '#io/terminal';
import type { StageProgress } from '../../rollout/advance/progress';
import { formatProgress, tellingOf } from './view';

/** Shows on standard error how far stages are. */
export type Live = {
  /** One of them has come on; `all` is asked for where all are shown. */
  readonly show: (one: StageProgress, all: () => readonly StageProgress[]) => void;
  /** What is said stays above what is shown. */
  readonly say: (line: string) => void;
  readonly end: () => void;
};

const everyMs = 1_000;

/** A table that is painted again on a terminal; elsewhere a line whenever a stage comes to another step. */
export function createLive(terminal: Terminal, monotonicMs: () => number): Live {
  return terminal.isTerminal ? liveTable(terminal, monotonicMs) : linesOfSteps(terminal);
}

function liveTable(terminal: Terminal, monotonicMs: () => number): Live {
  let lines = 0;
  let nextMs = 0;
  let last = '';
  // Back to the line where the table began, and nothing below it (ECMA-48: CPL, ED).
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

/** What a terminal has scrolled away cannot be painted again. */
function fitting(table: string, { rows = Number.POSITIVE_INFINITY }: Terminal): string {
  const lines = table.trimEnd().split('\n');
  // The cursor stands on a line of its own, and what is left out is told on another.
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
