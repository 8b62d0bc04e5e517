/** Why something is reported, and what to do about it. */
export type Cause = {
  readonly cause: string;
  readonly fix: string;
  /** A command to run, as it is typed. */
  readonly command?: string;
};

/**
 * The exit code of the command line for what a message is about, and when a command ends with it.
 */
export type MessageExit = { readonly code: number; readonly when: string };

/**
 * What people can look up: one entry for each stable code of the product. Plain sentences, each of
 * at most 30 words.
 */
export type Message = {
  /** What happened, in one or two sentences. */
  readonly text: string;
  readonly causes: readonly [Cause, ...Cause[]];
  /** Absent: no exit code depends on it. */
  readonly exit?: MessageExit;
  /** A page below docs/ with more about it. */
  readonly see?: string;
};

export type ErrorMessage = Message & {
  /** Whether a retry may help although nobody changes anything. */
  readonly transient: boolean;
};

/** The exit code of an error. */
export const ofError: MessageExit = { code: 1, when: 'where the error ends the command' };
/** The exit code of uncertainty. */
export const ofStrict: MessageExit = { code: 5, when: 'with `--strict`' };
/** The exit code of what policy refuses. */
export const ofRefused: MessageExit = { code: 3, when: 'from `sync`' };
/** The exit code of a pass that could not write everything. */
export const ofIncomplete: MessageExit = { code: 4, when: 'from `sync`' };
