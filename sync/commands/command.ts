import type { Terminal } from '../output/terminal';

export type CommandOptions = {
  readonly terminal: Terminal;
  /** Path of `-c`. */
  readonly config?: string;
  /** One JSON object on standard output instead of text. */
  readonly json?: boolean;
  /** Path of `-o`. */
  readonly output?: string;
  /** Path of `--out`. */
  readonly out?: string;
  /** `sandbox`: stop after the demonstration although a person is there. */
  readonly once?: boolean;
};

/** A verb of the command line: gives its exit code, throws PrivatelinkError. */
export type Command = (options: CommandOptions, signal: AbortSignal) => Promise<number>;
