import type { AllowConfig } from '#config/schema';
import type { Discovered, Scope } from '#core/model';

/** The answer of a source for one scope. */
export type Answer = Discovered & {
  /** When it was observed, if earlier than now. Unix epoch, milliseconds. */
  readonly observedAtMs?: number;
  /** The AWS account that answered, when the process's own credentials read and STS tells it. */
  readonly accountId?: string;
};

/** One scope of a source, and its reader. */
export interface ScopeReader {
  readonly scope: Scope;
  /**
   * Returns all endpoints of the scope. Throws PrivatelinkError when a page, batch or item cannot
   * be read: a partial answer is never returned. An unusable endpoint is quarantined, and the rest
   * stays.
   */
  readonly discover: (signal: AbortSignal) => Promise<Answer>;
  /**
   * Returns the ids that the provider does not know at all: these endpoints are certainly gone. The
   * scope does not list any of `ids`. Absent when a provider cannot tell. Throws PrivatelinkError.
   */
  readonly confirmGone?: (ids: readonly string[], signal: AbortSignal) => Promise<readonly string[]>;
}

/** A place that endpoints come from; one implementation for each `type` of the configuration. */
export interface Source {
  readonly name: string;
  /** The account that the operator names for the process's own credentials. */
  readonly ownAccount?: string;
  /**
   * `allow` of the configuration, also for remembered endpoints. Absent: only what is never a
   * target is refused.
   */
  readonly allow?: AllowConfig;
  /** The scopes that the configuration names, always the same ones in the same order. No IO. */
  scopes(): readonly ScopeReader[];
}
