import type { CheckName } from '#core/messages/checks';
import type { Diagnosis } from '../control-planes/diagnosis';
import type { Context } from './context';

export type Check = {
  readonly name: string;
  /** Returns the findings, none where the check does not apply. A thrown error is a failure. */
  readonly run: (context: Context, signal: AbortSignal) => Promise<readonly Diagnosis[]>;
  /** Routing works without it, so a thrown error is only a warning. */
  readonly isAdvisory?: boolean;
};

/** A check that the registry of messages has an entry for. */
export type ListedCheck = Check & { readonly name: CheckName };
