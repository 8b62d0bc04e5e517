import type { Clock } from '#core/timing/clock';
import { withOwnSignal } from '#io/signals';
import { type PassOutcome, pauseMs, startDelayMs } from './schedule';

export type WorkerOptions = {
  /** Runs one pass with its growing number. A rejection is a failed pass. */
  readonly pass: (number: number, signal: AbortSignal) => Promise<PassOutcome>;
  /** Called after each pass. The configuration may have changed. */
  readonly intervalMs: () => number;
  /** Called after each pass. */
  readonly onPass?: () => void;
  readonly clock: Clock;
  /** 0 to 1, for jitter. */
  readonly random: () => number;
};

export type Worker = {
  /**
   * Starts the next pass now, or right after the running pass. Does not shorten a wait after a
   * failure.
   */
  trigger(): void;
  /**
   * Starts the next pass now where it waits for its interval. Affects neither a running pass nor a
   * wait after a failure.
   */
  wake(): void;
  /**
   * False when a pass runs too long, or the next pass is overdue: the loop hangs. A planned wait is
   * no hang.
   */
  isAlive(): boolean;
  /** True after the first pass that did not fail. */
  isReady(): boolean;
  /** Resolves when `signal` has ended the loop. Never rejects. */
  readonly ended: Promise<void>;
};

/**
 * Above the sum of a pass's limits: ten minutes of reading, an hour of writing, and time for
 * discovery and the data planes.
 */
const longestPassMs = 75 * 60_000;
/** A pass that is overdue by this time will not come. */
const overdueMs = 60_000;

/** Repeats passes one at a time until `signal` aborts. No error of a pass ends the loop (fm-06). */
export function startWorker(options: WorkerOptions, signal: AbortSignal): Worker {
  const { clock, random } = options;
  let isTriggered = false;
  let wake = () => {};
  let aliveUntilMs = Infinity;
  let isReady = false;

  async function sleep(ms: number, isInterruptible: boolean): Promise<void> {
    aliveUntilMs = clock.monotonicMs() + ms + overdueMs;
    if (isInterruptible && isTriggered) return;
    const sleeping = withOwnSignal(signal, (own) => {
      wake = isInterruptible ? () => own.abort() : () => {};
      return clock.sleep(ms, own.signal);
    });
    await sleeping.catch(() => {});
    wake = () => {};
  }

  async function repeat(): Promise<void> {
    let failures = 0;
    await sleep(startDelayMs(random), true);
    for (let number = 1; !signal.aborted; number += 1) {
      isTriggered = false;
      aliveUntilMs = clock.monotonicMs() + longestPassMs;
      const outcome = await passOnce(options, number, signal);
      failures = outcome.kind === 'failed' ? failures + 1 : 0;
      isReady ||= outcome.kind === 'done';
      options.onPass?.();
      const timing = { intervalMs: options.intervalMs(), failures, nowMs: clock.monotonicMs(), random };
      await sleep(pauseMs(outcome, timing), outcome.kind === 'done');
    }
  }

  return {
    trigger: () => {
      isTriggered = true;
      wake();
    },
    wake: () => wake(),
    isReady: () => isReady,
    isAlive: () => clock.monotonicMs() <= aliveUntilMs,
    ended: repeat(),
  };
}

async function passOnce({ pass }: WorkerOptions, number: number, signal: AbortSignal): Promise<PassOutcome> {
  try {
    return await withOwnSignal(signal, (own) => pass(number, own.signal));
  } catch {
    return { kind: 'failed' };
  }
}
