import type { ContractsView } from '#core/contracts/model';

/** The same view, with what concerns no single service, for people. */
export type ContractsRead = ContractsView & { readonly warnings?: readonly string[] };

/** Asks AWS who connects to the services of `contracts`. */
export interface ContractsReader {
  /** Never rejects but with the signal's reason: what cannot be read is a part that is unknown, with what it was when it was last known. */
  read(signal: AbortSignal): Promise<ContractsRead>;
}
