import type { Discovered, Scope } from '../core/model';

/** Where endpoints come from: one implementation per `type` of the configuration. */
export interface Source {
  readonly name: string;
  /** The scopes that the configuration names, in order; no IO. */
  scopes(): readonly Scope[];
  /**
   * All endpoints of one scope, complete. Throws PrivatelinkError when any page, batch or item could not be read:
   * a partial answer is never returned. One endpoint that cannot be used is quarantined and the rest goes on.
   */
  discover(scope: Scope, signal: AbortSignal): Promise<Discovered>;
}
