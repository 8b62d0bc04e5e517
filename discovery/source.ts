import type { AllowConfig } from '#config/schema';
import type { Discovered, Scope } from '#core/model';

/** What a source gives for one scope. */
export type Answer = Discovered & {
  /** When it was observed, where that is earlier than now; unix epoch, milliseconds. */
  readonly observedAtMs?: number;
  /** The AWS account that answered, where the process's own credentials read and STS says it. */
  readonly accountId?: string;
};

/** One scope of a source, and how it is read. */
export interface ScopeReader {
  readonly scope: Scope;
  /**
   * All endpoints of the scope, complete. Throws PrivatelinkError when any page, batch or item could not be read:
   * a partial answer is never returned. One endpoint that cannot be used is quarantined and the rest goes on.
   */
  readonly discover: (signal: AbortSignal) => Promise<Answer>;
  /**
   * Of these ids, which the scope does not list, those that the provider does not know at all: they are gone for certain.
   * Absent where a provider cannot tell; throws PrivatelinkError.
   */
  readonly confirmGone?: (ids: readonly string[], signal: AbortSignal) => Promise<readonly string[]>;
}

/** Where endpoints come from: one implementation per `type` of the configuration. */
export interface Source {
  readonly name: string;
  /** The account that the operator names for the process's own credentials. */
  readonly ownAccount?: string;
  /** What its endpoints may be, so that what is remembered of them is judged too; absent: anything but what never may. */
  readonly allow?: AllowConfig;
  /** The scopes that the configuration names, in order, the same ones each time; no IO. */
  scopes(): readonly ScopeReader[];
}
