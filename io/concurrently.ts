import { setMaxListeners } from 'node:events';
import { withOwnSignal } from './signals';

export type Limits = {
  /** Items worked on at once. */
  readonly limit: number;
  readonly signal: AbortSignal;
};

/**
 * Runs `work` over `items` and returns the results in the order of the items. The first rejection
 * ends the run: no new work starts, and the signal of the running work aborts. When `limits.signal`
 * aborts, that signal aborts too, and the work decides the result.
 */
export function concurrently<I, O>(
  items: readonly I[],
  { limit, signal }: Limits,
  work: (item: I, signal: AbortSignal) => Promise<O>,
): Promise<O[]> {
  return withOwnSignal(signal, async (own) => {
    // Each running item listens, and Node warns of more than ten listeners.
    setMaxListeners(0, own.signal);
    const results: O[] = new Array(items.length);
    const queue = items.entries();
    let isOver = false;
    const worker = async () => {
      try {
        for (const [index, item] of queue) {
          if (isOver) return;
          results[index] = await work(item, own.signal);
        }
      } catch (thrown) {
        isOver = true;
        own.abort(thrown);
        throw thrown;
      }
    };
    await Promise.all(Array.from({ length: Math.min(limit, items.length) }, worker));
    return results;
  });
}
