/** Replaces the answer. */
type Effect =
  | { readonly kind: 'status'; readonly status: number; readonly headers?: Readonly<Record<string, string>> }
  /** The connection breaks: before anything happened, or `after` the call took effect. */
  | { readonly kind: 'drop'; readonly when?: 'before' | 'after' }
  /** The headers and half of the body arrive, then the connection breaks. */
  | { readonly kind: 'truncate' }
  /** The answer takes that much longer. */
  | { readonly kind: 'delay'; readonly ms: number }
  /** No answer ever. */
  | { readonly kind: 'hang' };

export type Fault = Effect & {
  readonly method?: string;
  /** Matches the path with its query. */
  readonly path?: RegExp;
  /** Calls that are hit; default 1. */
  readonly times?: number;
  /** Matching calls that pass first; default 0. */
  readonly after?: number;
};

/** Counts the call, and returns its fault, if any. */
export type TakeFault = (method: string, url: string) => Fault | undefined;

export type Faults = {
  /** Injects the fault. Returns a function that ends it early. */
  readonly inject: (fault: Fault) => () => void;
  readonly take: TakeFault;
};

export function createFaults(): Faults {
  const pending = new Set<{ readonly fault: Fault; seen: number }>();

  function take(method: string, url: string): Fault | undefined {
    for (const entry of pending) {
      const { fault } = entry;
      if ((fault.method ?? method) !== method || fault.path?.test(decodeURIComponent(url)) === false) continue;
      entry.seen += 1;
      const hits = entry.seen - (fault.after ?? 0);
      if (hits >= 1 && hits <= (fault.times ?? 1)) return fault;
    }
    return undefined;
  }

  function inject(fault: Fault): () => void {
    const entry = { fault, seen: 0 };
    pending.add(entry);
    return () => void pending.delete(entry);
  }

  return { inject, take };
}
