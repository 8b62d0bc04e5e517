import { PrivatelinkError } from '#core/errors';

/**
 * Gives `work` a controller of its own that aborts with `signal`. For loops: Node (20.20) keeps an entry for every signal that
 * AbortSignal.any derives as long as its source lives, so that one that ends a loop must not be derived from in each round.
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
  /** What is thrown when the time is over. */
  readonly late: () => Error;
};

/** What `work` gives; its controller aborts when the time is over, and work that ends by itself soon after is waited for. */
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
  /** Who has to answer, for the message. */
  readonly asked: string;
  /** What people do about it, where it is no scope. */
  readonly fix?: string;
};

/**
 * What `work` gives; rejects at once with the signal's reason, or with TIMEOUT when the time is over: the SDK waits between its tries
 * without looking at its signal. The timer ends with the work, where one of AbortSignal.timeout would live on after each call.
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

/** A signal that aborts `ms` after the given one, with its reason, until it is released. */
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
