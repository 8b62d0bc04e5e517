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
