/** What `sandbox --rollout` shows: what happened, and what each of several control planes and the requests through it made of it. */

export type StageState = {
  readonly stage: string;
  /** What its control plane holds, for people. */
  readonly holds: string;
  /** What `history` says that it runs. */
  readonly revision?: string;
  /** What the command wrote to it: `create target …: reason`. */
  readonly changed: readonly string[];
  /** How many requests went through its gateway meanwhile. */
  readonly requests: number;
  readonly failed: number;
};

export type RolloutEvent = {
  readonly what: string;
  readonly stages: readonly StageState[];
  /** What a person did about it. */
  readonly command: string;
  readonly exitCode: number;
  /** What the command told meanwhile, on standard error. */
  readonly said: readonly string[];
  /** What is not as it should. */
  readonly problem?: string;
};

export type RolloutStory = { readonly ok: boolean; readonly events: readonly RolloutEvent[] };
