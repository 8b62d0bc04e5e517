import type { Terminal } from '#io/terminal';

/** Input of every verb. */
export type Shown = {
  readonly terminal: Terminal;
  /** Print one JSON object on standard output in place of text. */
  readonly json?: boolean;
};

export type Configured = Shown & {
  /** Path of `-c`. */
  readonly config?: string;
};

/** A verb of the command line. Returns its exit code. Throws PrivatelinkError. */
export type Verb<Options> = (options: Options, signal: AbortSignal) => Promise<number>;
