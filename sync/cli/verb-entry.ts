import type { Exits } from './exit-codes';
import type { Verb } from './verb';

/**
 * Flags and description of an option, and whether it repeats, or its few possible values for
 * completion.
 */
export type OptionEntry = readonly [flags: string, description: string, how?: 'repeatable' | readonly string[]];

/** Option of every verb. */
export const jsonOption: OptionEntry = ['--json', 'Print one JSON object on standard output'];

/** Option of most verbs. */
export const configOption: OptionEntry = ['-c, --config <file>', 'Configuration file'];

/** Option of a verb that works on each of several control planes. */
export const stageOption: OptionEntry = ['--stage <name>', 'Only the control plane with this stage name'];

/** Option of a verb that reads AWS. */
export const strictOption: OptionEntry = [
  '--strict',
  'Exit with 5 when a scope is unknown or an endpoint is in quarantine',
];

/** Option of a verb that removes. */
export const allowRemovalsOption: OptionEntry = [
  '--allow-removals <n>',
  'Allow up to this many addresses to leave, once, past the brake',
];

export type VerbEntry = {
  readonly name: string;
  readonly summary: string;
  readonly help: string;
  readonly exits: Exits;
  /**
   * `<domain>` for one argument, `<names...>` for several. With the possible values, where they are
   * few.
   */
  readonly argument?: readonly [name: string, description: string, values?: readonly string[]];
  /** A second argument, such as `[stage]`. */
  readonly second?: readonly [name: string, description: string];
  /** Options besides `--json`. Absent: `-c` only. */
  readonly options?: readonly OptionEntry[];
  /** Whether the output is the only result, given these options. Absent: never. */
  readonly isPrinted?: (options: object) => boolean;
  /** Loads the verb only when called, so that `--help` is fast. */
  readonly load: () => Promise<Verb<never>>;
};
