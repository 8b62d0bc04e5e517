import { readFileSync } from 'node:fs';

/**
 * The longest turn of the event loop in milliseconds: by the wall clock, and without the time in
 * which the thread had no processor.
 */
export type LongestBlock = { readonly blockMs: number; readonly blockThreadMs: number };

const everyMs = 1;

/** Measures the turns of this thread's event loop until it is stopped. */
export function watchBlocks(): { readonly stop: () => LongestBlock } {
  let blockMs = 0;
  let blockThreadMs = 0;
  let lastMs = performance.now();
  let lastWaitedMs = waitedMs();
  const timer = setInterval(turn, everyMs);

  function turn(): void {
    const nowMs = performance.now();
    const nowWaitedMs = waitedMs();
    blockMs = Math.max(blockMs, nowMs - lastMs);
    blockThreadMs = Math.max(blockThreadMs, nowMs - lastMs - (nowWaitedMs - lastWaitedMs));
    lastMs = nowMs;
    lastWaitedMs = nowWaitedMs;
  }

  function stop(): LongestBlock {
    turn();
    clearInterval(timer);
    return { blockMs, blockThreadMs };
  }

  return { stop };
}

/**
 * Time in which this thread was ready to run and had no processor: the second number of Linux's
 * schedstat, in nanoseconds; 0 elsewhere.
 */
function waitedMs(): number {
  try {
    return Number(readFileSync('/proc/thread-self/schedstat', 'utf8').split(' ')[1]) / 1e6;
  } catch {
    return 0;
  }
}
