import type { Terminal } from '#io/terminal';

/** What every verb is given. */
export type Shown = {
  readonly terminal: Terminal;
  /** One JSON object on standard output instead of text. */
  readonly json?: boolean;
};

export type Configured = Shown & {
  /** Path of `-c`. */
  readonly config?: string;
};

/** A verb of the command line: gives its exit code, throws PrivatelinkError. */
export type Verb<Options> = (options: Options, signal: AbortSignal) => Promise<number>;
