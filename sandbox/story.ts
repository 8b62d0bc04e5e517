/** What the sandbox shows: the hops of one request, and what happened before the next. */

/** One leg of a request. `zoneId` and `reason` say where the address is and why it was chosen. */
export type Hop = {
  readonly from: string;
  readonly to: string;
  /** `ip:port`. */
  readonly address: string;
  readonly zoneId?: string;
  readonly reason: string;
  readonly latencyMs: number;
};

/** One request from the consumer to the end of the chain and back. */
export type Trip = {
  readonly ok: boolean;
  /** What the end of the chain made up for this request. */
  readonly nonce: string;
  readonly hops: readonly Hop[];
  /** What went wrong, if anything. */
  readonly problem?: string;
};

/** A change of the estate, what the product made of it, and the request after it. */
export type StoryEvent = {
  readonly what: string;
  /** Endpoints as `discover` sees them: `domain id state`, or `quarantined id: reason`; none where `contracts` was asked instead. */
  readonly discovered: readonly string[];
  /** What is wrong with the networks, as `discover` says it. */
  readonly findings: readonly string[];
  /** Writes to the control plane: `create target …: reason`. */
  readonly changed: readonly string[];
  /** Who is connected to the gateway, as `contracts` says it, where that was asked. */
  readonly contracts?: readonly string[];
  /** How many requests went through meanwhile, where more than one did; `trip` is the last, or the first that failed. */
  readonly requests?: number;
  readonly trip: Trip;
};

export type Story = {
  readonly ok: boolean;
  readonly nonce: string;
  readonly hops: readonly Hop[];
  readonly events: readonly StoryEvent[];
};
