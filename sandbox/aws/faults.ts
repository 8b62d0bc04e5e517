import type { RefusalKind } from './refusals';
import type { AwsWorld } from './world/world';

/** One call, as counters and faults see it. */
export type Call = { readonly action: string; readonly account: string; readonly region: string };

/** The affected calls (absent: all), their number, and the fault. */
export type Fault = Partial<Call> & {
  /** Number of matching calls; endless by default. */
  readonly times?: number;
  /** Number of matching calls that pass first. */
  readonly after?: number;
} & FaultKind;

/**
 * A refusal in AWS's words, or one of these. `hang` never answers. `partial` sends the headers and
 * half of the answer, then nothing. `drop` cuts the connection. `garbage` answers with no XML.
 * `omit` leaves a field out everywhere, by its name in the SDK or on the wire
 * (`AvailabilityZoneId`, `dnsEntrySet`). `emptyToken` adds an empty NextToken to the end of lists.
 * `lag` answers from an earlier world (`rememberWorld`). `skew` sets AWS's clock `aheadMs` before
 * the caller's.
 */
type FaultKind =
  | { readonly kind: Exclude<RefusalKind, 'unauthenticated' | 'skew'> }
  | { readonly kind: 'hang' | 'partial' | 'drop' | 'garbage' | 'emptyToken' }
  | { readonly kind: 'omit'; readonly field: string }
  | { readonly kind: 'lag'; readonly past: AwsWorld }
  | { readonly kind: 'skew'; readonly aheadMs: number };

export type Faults = {
  /** Injects the fault. Returns a function that ends it early. */
  inject(fault: Fault): () => void;
  /** Counts the call, and returns its faults in order of injection. */
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
