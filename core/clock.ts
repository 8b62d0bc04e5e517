/** Time as the product needs it, so that tests and the simulation bring their own. */
export type Clock = {
  /** Unix epoch, milliseconds. */
  now(): number;
  /** Resolves after `ms`; rejects with the signal's reason when aborted. */
  sleep(ms: number, signal: AbortSignal): Promise<void>;
};
