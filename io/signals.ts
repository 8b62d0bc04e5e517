import { PrivatelinkError } from '#core/errors';

/**
 * Gives `work` a controller of its own that aborts with `signal`. For loops: Node (20.20) keeps an
 * entry for every signal of AbortSignal.any as long as the source lives. So a loop must not derive
 * a signal in each round from the signal of its end.
 */
export async function withOwnSignal<T>(signal: AbortSignal, work: (own: AbortController) => Promise<T>): Promise<T> {
  const own = new AbortController();
  const onAbort = () => own.abort(signal.reason);
  if (signal.aborted) onAbort();
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    return await work(own);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}

export type Limit = {
  readonly signal: AbortSignal;
  readonly timeoutMs: number;
  /** Makes the error for the end of the time. */
  readonly late: () => Error;
};

/**
 * Returns the result of `work`. Its controller aborts when the time is over, and work that ends
 * soon after is waited for.
 */
export function stoppedAfter<T>(
  work: (own: AbortController) => Promise<T>,
  { signal, timeoutMs, late }: Limit,
): Promise<T> {
  return withOwnSignal(signal, async (own) => {
    own.signal.throwIfAborted();
    const timer = setTimeout(() => own.abort(late()), timeoutMs).unref();
    try {
      return await work(own);
    } finally {
      clearTimeout(timer);
    }
  });
}

export type Deadline = {
  readonly signal: AbortSignal;
  readonly timeoutMs: number;
  /** The party asked, for the message. */
  readonly asked: string;
  /** The fix, where the party is no scope. */
  readonly fix?: string;
};

/**
 * Returns the result of `work`. Rejects at once with the signal's reason, or with TIMEOUT when the
 * time is over: the SDK waits between its tries without a look at its signal. The timer ends with
 * the work; a timer of AbortSignal.timeout would outlive each call.
 */
export function withinDeadline<T>(
  work: (signal: AbortSignal) => Promise<T>,
  { signal, timeoutMs, asked, fix }: Deadline,
): Promise<T> {
  const late = () => lateness(asked, timeoutMs, fix);
  return stoppedAfter((own) => untilAborted(work(own.signal), own.signal), { signal, timeoutMs, late });
}

function untilAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
    work.then(resolve, reject);
  });
}

const nextPass = 'it is tried again in the next pass; check the route to it';

function lateness(asked: string, timeoutMs: number, fix = nextPass): PrivatelinkError {
  return new PrivatelinkError(`${asked} did not answer within ${timeoutMs / 1_000} s`, { code: 'TIMEOUT', fix });
}

export type DelayedSignal = { readonly signal: AbortSignal; readonly release: () => void };

/**
 * Returns a signal that aborts `ms` after the given signal, with the same reason, until its
 * release.
 */
export function delayedSignal(signal: AbortSignal, ms: number): DelayedSignal {
  const delayed = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const abortLater = () => {
    timer = setTimeout(() => delayed.abort(signal.reason), ms).unref();
  };
  if (signal.aborted) abortLater();
  else signal.addEventListener('abort', abortLater, { once: true });
  const release = () => {
    clearTimeout(timer);
    signal.removeEventListener('abort', abortLater);
  };
  return { signal: delayed.signal, release };
}
