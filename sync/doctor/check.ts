import type { CheckName } from '#core/messages/checks';
import type { Diagnosis } from '../control-planes/diagnosis';
import type { Context } from './context';

export type Check = {
  readonly name: string;
  /** What the check found, nothing where it does not apply; what it throws is a failure. */
  readonly run: (context: Context, signal: AbortSignal) => Promise<readonly Diagnosis[]>;
  /** Routing is right without it: what it throws is a warning. */
  readonly isAdvisory?: boolean;
};

/** A check that the registry of messages has an entry for. */
export type ListedCheck = Check & { readonly name: CheckName };
