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
