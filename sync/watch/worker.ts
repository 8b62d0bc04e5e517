import type { Clock } from '#core/timing/clock';
import { withOwnSignal } from '#io/signals';
import { type PassOutcome, pauseMs, startDelayMs } from './schedule';

export type WorkerOptions = {
  /** One pass, with its number, which only grows; a rejection counts as a failed pass. */
  readonly pass: (number: number, signal: AbortSignal) => Promise<PassOutcome>;
  /** Asked after each pass: the configuration may have changed. */
  readonly intervalMs: () => number;
  /** Called after each pass. */
  readonly onPass?: () => void;
  readonly clock: Clock;
  /** 0 to 1, for jitter. */
  readonly random: () => number;
};

export type Worker = {
  /** Lets the next pass begin now, or as soon as the running one has ended; a wait after a failure is not cut short. */
  trigger(): void;
  /** Lets the next pass begin now where it waits for its time; a running one, and a wait after a failure, go on. */
  wake(): void;
  /** False when a pass runs for longer than any should, or the next one is overdue: the loop is stuck. A wait is none. */
  isAlive(): boolean;
  /** True once a pass has not failed. */
  isReady(): boolean;
  /** Resolves when `signal` has ended the loop; never rejects. */
  readonly ended: Promise<void>;
};

/** Above the limits of a pass's parts together: ten minutes of reading, an hour of writing, and what discovery and the data planes take. */
const longestPassMs = 75 * 60_000;
/** A planned pass that is overdue by this much will not come. */
const overdueMs = 60_000;

/** Repeats passes one at a time until `signal` aborts; nothing that a pass does ends the loop (fm-06). */
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
