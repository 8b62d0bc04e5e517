import { styleText } from 'node:util';
import type { Losses } from './output';

/** The input and output of a command: the process's own in production. */
export type Terminal = {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
  /** The losses of `out`; absent where nothing gets lost. */
  readonly losses?: Losses;
  /** A person reads the output, and gets colours. */
  readonly isTerminal: boolean;
  /** The width of the person's terminal. Absent elsewhere: a row of a table is one line then. */
  readonly columns?: number;
  /** The lines of the person's terminal; absent elsewhere. */
  readonly rows?: number;
  /** Asks a person for a yes; absent where nobody can answer. */
  readonly confirm?: (question: string) => Promise<boolean>;
};

export type Colour = 'green' | 'yellow' | 'red' | 'dim' | 'bold';

/** Colours the text where a person reads it and NO_COLOR is not set (no-color.org). */
export function paint(terminal: Pick<Terminal, 'env' | 'isTerminal'>, colour: Colour, text: string): string {
  return terminal.isTerminal && !terminal.env.NO_COLOR ? styleText(colour, text) : text;
}

/** Progress appears after this time. */
const progressAfterMs = 2_000;
const progressEveryMs = 1_000;

/**
 * Reports progress on standard error: in place on a terminal, a line every ten seconds elsewhere.
 */
export function createProgress(
  terminal: Terminal,
  monotonicMs: () => number,
): (done: number, total: number, what: string) => void {
  let nextMs = monotonicMs() + progressAfterMs;
  let isShown = false;
  return (done, total, what) => {
    const isLast = isShown && done === total;
    if (monotonicMs() < nextMs && !isLast) return;
    isShown = true;
    nextMs = monotonicMs() + (terminal.isTerminal ? progressEveryMs : 10 * progressEveryMs);
    const text = `${done} of ${total} ${what}`;
    terminal.err(terminal.isTerminal && !isLast ? `\r${text}` : `${terminal.isTerminal ? '\r' : ''}${text}\n`);
  };
}

/** Does the work, and tells a person meanwhile what is going on. */
export type During = <T>(what: string, work: () => Promise<T>) => Promise<T>;

/** Tells nobody. */
export const quietly: During = (_, work) => work();

/**
 * Does the work, and reports on standard error once it takes two seconds: the elapsed time on a
 * terminal, one line elsewhere.
 */
export async function withElapsed<T>(terminal: Terminal, what: string, work: () => Promise<T>): Promise<T> {
  if (!terminal.isTerminal) return withOneLine(terminal, what, work);
  let seconds = 0;
  const timer = setInterval(() => {
    seconds += 1;
    if (seconds * 1_000 >= progressAfterMs) terminal.err(`\r${what}, ${seconds} s`);
  }, progressEveryMs).unref();
  try {
    return await work();
  } finally {
    clearInterval(timer);
    if (seconds * 1_000 >= progressAfterMs) terminal.err('\n');
  }
}

async function withOneLine<T>(terminal: Terminal, what: string, work: () => Promise<T>): Promise<T> {
  const timer = setTimeout(() => terminal.err(`${what}\n`), progressAfterMs).unref();
  try {
    return await work();
  } finally {
    clearTimeout(timer);
  }
}
