import type { Clock } from '#core/timing/clock';
import { withOwnSignal } from '#io/signals';

export type RoundsOptions = {
  /** How many stages there are. */
  readonly stages: number;
  /** A trial is under way, so that something will come. */
  readonly isBusy: () => boolean;
  /** Between two passes over a stage meanwhile. */
  readonly intervalMs: number;
  readonly clock: Clock;
  readonly signal: AbortSignal;
};

/** Passes over several stages that end together: once no trial is under way, and none of them has anything new to see. */
export type Rounds = {
  /** Something came of a trial. */
  readonly changed: () => void;
  /** Makes passes over a stage until all stages have come to rest; one that fails is made again as long as others go on. Rejects with what the last one does. */
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

  /** Whether there is another pass to make, `seen` being what this one knew. */
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
