/** The sandbox's story: the hops of one request, and the events between requests. */

/** One leg of a request. `zoneId` and `reason` explain the address. */
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
  /** Made up by the end of the chain for this request. */
  readonly nonce: string;
  readonly hops: readonly Hop[];
  /** The failure, if any. */
  readonly problem?: string;
};

/** A change of the estate, the product's reaction, and the request after it. */
export type StoryEvent = {
  readonly what: string;
  /**
   * Endpoints of `discover`: `domain id state`, or `quarantined id: reason`. Empty where
   * `contracts` was asked.
   */
  readonly discovered: readonly string[];
  /** Findings of `discover` about the networks. */
  readonly findings: readonly string[];
  /** Writes to the control plane: `create target …: reason`. */
  readonly changed: readonly string[];
  /** Connections to the gateway from `contracts`, where it was asked. */
  readonly contracts?: readonly string[];
  /**
   * The number of requests meanwhile, where more than one; `trip` is the last, or the first
   * failure.
   */
  readonly requests?: number;
  readonly trip: Trip;
};

export type Story = {
  readonly ok: boolean;
  readonly nonce: string;
  readonly hops: readonly Hop[];
  readonly events: readonly StoryEvent[];
};
