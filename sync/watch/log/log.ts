import pino, { type Logger } from 'pino';
import { PrivatelinkError } from '#core/errors';
import { type Colour, paint, type Terminal } from '#io/terminal';
import { textOf } from './text';

export type LogFlags = {
  /** Value of `--log-level`, as written. */
  readonly logLevel?: string;
  /** Value of `--log-format`, as written. */
  readonly logFormat?: string;
};

type LogOptions = LogFlags & {
  readonly terminal: Terminal;
  /** Reports go to standard output, and the log to standard error. */
  readonly json?: boolean;
  readonly now: () => number;
};

const colours = { debug: 'dim', info: undefined, warn: 'yellow', error: 'red' } as const satisfies Readonly<
  Record<string, Colour | undefined>
>;

export const logLevels = Object.keys(colours);
export const logFormats: readonly string[] = ['text', 'json'];

/**
 * Opens the log of a worker: text on a terminal, JSON elsewhere, one line for each event. Throws
 * PrivatelinkError for an unknown value of an option.
 */
export function openLog({ logLevel = 'info', logFormat, terminal, json, now }: LogOptions): Logger {
  const format = logFormat ?? (terminal.isTerminal && !json ? 'text' : 'json');
  check('--log-level', logLevel, logLevels);
  check('--log-format', format, logFormats);
  const out = json ? terminal.err : terminal.out;
  return pino(
    {
      base: undefined,
      level: logLevel,
      redact: ['token', '*.token'],
      timestamp: () => `,"time":"${new Date(now()).toISOString()}"`,
      formatters: { level: (label) => ({ level: label }) },
    },
    { write: format === 'json' ? out : (line) => out(lineText(line, terminal)) },
  );
}

function check(flag: string, value: string, known: readonly string[]): void {
  if (known.includes(value)) return;
  const fix = `give one of ${known.join(', ')}`;
  throw new PrivatelinkError(`${flag}: there is no ${JSON.stringify(value)}`, { code: 'CONFIG_INVALID', fix });
}

/** Formats a line of pino for people. */
export function lineText(line: string, terminal: Pick<Terminal, 'env' | 'isTerminal'>): string {
  const { level, time, msg, ...fields }: Record<string, unknown> & Pinned = JSON.parse(line);
  const colour = colours[level];
  const label = level.padEnd(5);
  return `${time} ${colour ? paint(terminal, colour, label) : label} ${textOf(msg, fields)}\n`;
}

type Pinned = { readonly level: keyof typeof colours; readonly time: string; readonly msg: string };
