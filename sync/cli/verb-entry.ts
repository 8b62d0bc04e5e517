import type { Exits } from './exit-codes';
import type { Verb } from './verb';

/** An option of a verb; with the values that it can have, where they are few and the shell may offer them. */
export type OptionEntry = readonly [flags: string, description: string, how?: 'repeatable' | readonly string[]];

/** Of every verb, besides its own. */
export const jsonOption: OptionEntry = ['--json', 'Print one JSON object on standard output'];

/** Of a verb that names no options of its own, and of most that do. */
export const configOption: OptionEntry = ['-c, --config <file>', 'Configuration file'];

/** Of a verb that is for each of several control planes. */
export const stageOption: OptionEntry = ['--stage <name>', 'Only the control plane with this stage name'];

/** Of a verb that reads AWS. */
export const strictOption: OptionEntry = [
  '--strict',
  'Exit with 5 when a scope is unknown or an endpoint is in quarantine',
];

/** Of a verb that removes. */
export const allowRemovalsOption: OptionEntry = [
  '--allow-removals <n>',
  'Allow up to this many addresses to leave, once, past the brake',
];

export type VerbEntry = {
  readonly name: string;
  readonly summary: string;
  readonly help: string;
  readonly exits: Exits;
  /** `<domain>`, where the verb takes one, or `<names...>`, where it takes several; with the values that it can have, where they are few. */
  readonly argument?: readonly [name: string, description: string, values?: readonly string[]];
  /** `[stage]`, where it takes a second one. */
  readonly second?: readonly [name: string, description: string];
  /** Besides `--json`; `-c` alone when absent. */
  readonly options?: readonly OptionEntry[];
  /** Whether what it prints is all that comes of it, given these options; absent: it never is. */
  readonly isPrinted?: (options: object) => boolean;
  /** Loaded only when called, so that `--help` is quick. */
  readonly load: () => Promise<Verb<never>>;
};
