import type { Clock } from '#core/timing/clock';
import { withOwnSignal } from '#io/signals';

export type RoundsOptions = {
  /** Number of stages. */
  readonly stages: number;
  /** Whether a trial is under way and will bring news. */
  readonly isBusy: () => boolean;
  /** Time between two passes over a stage meanwhile. */
  readonly intervalMs: number;
  readonly clock: Clock;
  readonly signal: AbortSignal;
};

/**
 * Passes over several stages that end together: when no trial is under way and no stage has news to
 * see.
 */
export type Rounds = {
  /** Called when a trial brought news. */
  readonly changed: () => void;
  /**
   * Repeats the pass of a stage until all stages rest. A failed pass is repeated while other stages
   * go on. Rejects with the error of the last pass.
   */
  readonly repeat: (pass: () => Promise<void>) => Promise<void>;
};

type Resting = { readonly seen: number; readonly wake: (isAgain: boolean) => void };

export function createRounds({ stages, isBusy, intervalMs, clock, signal }: RoundsOptions): Rounds {
  const resting = new Set<Resting>();
  let [version, left] = [0, stages];

  function settle(): void {
    for (const one of resting) if (version > one.seen) one.wake(true);
    if (resting.size === left && !isBusy()) for (const one of resting) one.wake(false);
  }

  /**
   * Waits, and resolves to whether another pass is needed. `seen` is the version that the last pass
   * knew.
   */
  function rest(seen: number): Promise<boolean> {
    return withOwnSignal(signal, async (own) => {
      const woken = new Promise<boolean>((resolve) => {
        const one: Resting = { seen, wake: finish };
        function finish(isAgain: boolean): void {
          resting.delete(one);
          resolve(isAgain);
        }
        resting.add(one);
        clock.sleep(intervalMs, own.signal).then(
          () => finish(true),
          () => finish(false),
        );
        settle();
      });
      const isAgain = await woken;
      own.abort();
      return isAgain;
    });
  }

  return {
    changed: () => {
      version += 1;
      settle();
    },
    repeat: async (pass) => {
      try {
        for (;;) {
          const seen = version;
          const [ended] = await Promise.allSettled([pass()]);
          const isAgain = await rest(seen);
          signal.throwIfAborted();
          if (isAgain) continue;
          if (ended.status === 'rejected') throw ended.reason;
          return;
        }
      } finally {
        left -= 1;
        settle();
      }
    },
  };
}
