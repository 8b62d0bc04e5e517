import type { Terminal } from '#io/terminal';

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
  /** Path of `--plan`. */
  readonly plan?: string;
  /** Number of addresses after `--allow-removals`, as written. */
  readonly allowRemovals?: string;
  /** `sync`: pass after pass, until stopped. */
  readonly watch?: boolean;
  /** `retire`: the domain. */
  readonly domain?: string;
  /** `retire`: do not ask. */
  readonly yes?: boolean;
  /** `retire`: scopes that are gone for good. */
  readonly despiteUnknown?: readonly string[];
  /** `schema`: put it into the control plane. */
  readonly upload?: boolean;
  /** `sandbox`: stop after the demonstration although a person is there. */
  readonly once?: boolean;
  /** `sandbox`: AWS, Konnect and the domains alone. */
  readonly serve?: boolean;
  /** `sandbox`: which estate. */
  readonly estate?: string;
  /** `sandbox`: show what AWS's faults do, instead of its changes. */
  readonly faults?: boolean;
};

/** A verb of the command line: gives its exit code, throws PrivatelinkError. */
export type Command = (options: CommandOptions, signal: AbortSignal) => Promise<number>;
