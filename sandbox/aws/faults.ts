import type { RefusalKind } from './refusals';
import type { AwsWorld } from './world/world';

/** One call, as it is counted and as faults are matched. */
export type Call = { readonly action: string; readonly account: string; readonly region: string };

/** Which calls go wrong (absent: all), how often, and how. */
export type Fault = Partial<Call> & {
  /** How many matching calls; endless by default. */
  readonly times?: number;
  /** How many matching calls pass first. */
  readonly after?: number;
} & FaultKind;

/**
 * A refusal in AWS's words; `hang` never answers; `partial` sends the headers and half of the answer, then nothing; `drop` cuts the
 * connection; `garbage` answers with no XML; `omit` leaves a field out wherever it occurs, by its name in the SDK or on the wire
 * (`AvailabilityZoneId`, `dnsEntrySet`); `emptyToken` ends lists with an empty NextToken where they have none; `lag` answers from an
 * earlier world (`rememberWorld`); `skew` is a clock of AWS's that goes `aheadMs` before the caller's.
 */
type FaultKind =
  | { readonly kind: Exclude<RefusalKind, 'unauthenticated' | 'skew'> }
  | { readonly kind: 'hang' | 'partial' | 'drop' | 'garbage' | 'emptyToken' }
  | { readonly kind: 'omit'; readonly field: string }
  | { readonly kind: 'lag'; readonly past: AwsWorld }
  | { readonly kind: 'skew'; readonly aheadMs: number };

export type Faults = {
  /** Gives the way to end the fault early. */
  inject(fault: Fault): () => void;
  /** Faults that strike this call, in order of injection; counts it. */
  strike(call: Call): readonly Fault[];
};

/** An empty book of faults. */
export function createFaults(): Faults {
  const matchesOf = new Map<Fault, number>();
  return {
    inject(given) {
      const fault = { ...given };
      matchesOf.set(fault, 0);
      return () => void matchesOf.delete(fault);
    },
    strike: (call) => [...matchesOf.keys()].filter((fault) => concerns(fault, call) && isDue(fault, matchesOf)),
  };
}

function concerns(fault: Fault, call: Call): boolean {
  const { action = call.action, account = call.account, region = call.region } = fault;
  return action === call.action && account === call.account && region === call.region;
}

function isDue(fault: Fault, matchesOf: Map<Fault, number>): boolean {
  const { after = 0, times = Number.POSITIVE_INFINITY } = fault;
  const matches = (matchesOf.get(fault) ?? 0) + 1;
  matchesOf.set(fault, matches);
  return matches > after && matches <= after + times;
}
