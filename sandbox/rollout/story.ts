/**
 * The story of `sandbox --rollout`: the event, and its effect on each control plane and on the
 * requests.
 */

export type StageState = {
  readonly stage: string;
  /** The edition of its control plane, for people. */
  readonly holds: string;
  /** The running revision, as `history` says. */
  readonly revision?: string;
  /** The writes of the command: `create target …: reason`. */
  readonly changed: readonly string[];
  /** The number of requests through its gateway meanwhile. */
  readonly requests: number;
  readonly failed: number;
};

export type RolloutEvent = {
  readonly what: string;
  readonly stages: readonly StageState[];
  /** The person's command. */
  readonly command: string;
  readonly exitCode: number;
  /** The standard error of the command. */
  readonly said: readonly string[];
  /** The failure of the act, if any. */
  readonly problem?: string;
};

export type RolloutStory = { readonly ok: boolean; readonly events: readonly RolloutEvent[] };
