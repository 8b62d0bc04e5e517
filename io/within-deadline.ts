import { PrivatelinkError } from '#core/errors';
import { withOwnSignal } from './signals';

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
  return withOwnSignal(signal, async (own) => {
    own.signal.throwIfAborted();
    const timer = setTimeout(() => own.abort(lateness(asked, timeoutMs, fix)), timeoutMs).unref();
    try {
      return await untilAborted(work(own.signal), own.signal);
    } finally {
      clearTimeout(timer);
    }
  });
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
