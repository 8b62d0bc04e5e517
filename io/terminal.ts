import { styleText } from 'node:util';
import type { Losses } from './output';

/** Where a command reads from and writes to; the process's own in production. */
export type Terminal = {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
  /** Of what went to `out`; absent where nothing gets lost. */
  readonly losses?: Losses;
  /** Output goes to a person, who gets colours. */
  readonly isTerminal: boolean;
  /** How wide that person's terminal is; absent elsewhere, where a row of a table is one line. */
  readonly columns?: number;
  /** How many lines that person sees; absent elsewhere. */
  readonly rows?: number;
  /** Asks a person for a yes; absent where nobody can answer. */
  readonly confirm?: (question: string) => Promise<boolean>;
};

export type Colour = 'green' | 'yellow' | 'red' | 'dim' | 'bold';

/** The text in a colour where a person reads it and NO_COLOR is not set (no-color.org). */
export function paint(terminal: Pick<Terminal, 'env' | 'isTerminal'>, colour: Colour, text: string): string {
  return terminal.isTerminal && !terminal.env.NO_COLOR ? styleText(colour, text) : text;
}

/** Progress appears when the work has taken this long. */
const progressAfterMs = 2_000;
const progressEveryMs = 1_000;

/** Says on standard error how far a long piece of work is: in place on a terminal, a line every ten seconds elsewhere. */
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

/** For where nobody is to be told. */
export const quietly: During = (_, work) => work();

/** Does the work, and says on standard error that it goes on once it has taken two seconds: on a terminal how long, in one line elsewhere. */
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
