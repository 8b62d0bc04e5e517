import type { Clock } from '../core/clock';
import { type PassOutcome, pauseMs, startDelayMs } from './watch/schedule';

export type WorkerOptions = {
  /** One pass, with its number, which only grows; a rejection counts as a failed pass. */
  readonly pass: (number: number, signal: AbortSignal) => Promise<PassOutcome>;
  /** Asked after each pass: the configuration may have changed. */
  readonly intervalMs: () => number;
  readonly clock: Clock;
  /** 0 to 1, for jitter. */
  readonly random: () => number;
};

export type Worker = {
  /** Lets the next pass begin now, or as soon as the running one has ended. */
  trigger(): void;
  /** Resolves when `signal` has ended the loop; never rejects. */
  readonly ended: Promise<void>;
};

/** Repeats passes one at a time until `signal` aborts; nothing that a pass does ends the loop (fm-06). */
export function startWorker(options: WorkerOptions, signal: AbortSignal): Worker {
  const { clock, random } = options;
  let isTriggered = false;
  let wake = () => {};

  async function sleep(ms: number): Promise<void> {
    const waking = new AbortController();
    wake = () => waking.abort();
    if (!isTriggered) await clock.sleep(ms, AbortSignal.any([signal, waking.signal])).catch(() => {});
    wake = () => {};
  }

  async function repeat(): Promise<void> {
    let failures = 0;
    await sleep(startDelayMs(random));
    for (let number = 1; !signal.aborted; number += 1) {
      isTriggered = false;
      const outcome = await passOnce(options, number, signal);
      failures = outcome.kind === 'failed' ? failures + 1 : 0;
      const timing = { intervalMs: options.intervalMs(), failures, nowMs: clock.now(), random };
      await sleep(pauseMs(outcome, timing));
    }
  }

  return {
    trigger: () => {
      isTriggered = true;
      wake();
    },
    ended: repeat(),
  };
}

async function passOnce({ pass }: WorkerOptions, number: number, signal: AbortSignal): Promise<PassOutcome> {
  try {
    return await pass(number, signal);
  } catch {
    return { kind: 'failed' };
  }
}
