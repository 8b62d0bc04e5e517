import type { ErrorDetails } from '#core/errors';
import type { Clock } from '#core/timing/clock';
import { renderMetrics, type Samples } from '#io/metrics/text';
import { workerMetrics } from './metrics/table';
import type { WatchState } from './server';

/** What the thread of the passes tells the one that serves. */
export type ToServer =
  | {
      readonly kind: 'state';
      readonly isAlive: boolean;
      readonly isReady: boolean;
      readonly details: string;
      readonly metrics: Samples;
    }
  | { readonly kind: 'snapshot'; readonly text: string | undefined };

/** The first word of the thread that serves: where it listens, or why it cannot. Every later one asks for the snapshot. */
export type Started =
  | { readonly address: string }
  | { readonly reason: string; readonly details: Pick<ErrorDetails, 'code' | 'fix'> };

/** Planning blocks its thread for seconds at most; one that says nothing for this long hangs. */
const longestSilenceMs = 60_000;

export type Told = { readonly state: WatchState; readonly take: (message: ToServer) => void };

export type ToldOptions = Pick<Clock, 'monotonicMs'> & {
  readonly askForSnapshot: () => void;
  /** What any thread can tell by itself. */
  readonly ownSamples: () => Samples;
};

/** The state as it was last told. The snapshot is asked for: its text is long, costs time, and is seldom wanted. */
export function createTold({ monotonicMs, askForSnapshot, ownSamples }: ToldOptions): Told {
  let last: Extract<ToServer, { kind: 'state' }> = {
    kind: 'state',
    isAlive: true,
    isReady: false,
    details: '',
    metrics: {},
  };
  let toldAtMs = monotonicMs();
  let waiting: ((text: string | undefined) => void)[] = [];
  const isAlive = () => last.isAlive && monotonicMs() - toldAtMs <= longestSilenceMs;
  const alive = () => ({ kong_privatelink_alive: { '': isAlive() ? 1 : 0 } });
  return {
    take: (message) => {
      if (message.kind === 'state') {
        [last, toldAtMs] = [message, monotonicMs()];
        return;
      }
      for (const resolve of waiting) resolve(message.text);
      waiting = [];
    },
    state: {
      isAlive,
      isReady: () => last.isReady,
      details: () => last.details,
      metrics: () => renderMetrics(workerMetrics, { ...last.metrics, ...ownSamples(), ...alive() }),
      snapshot: () =>
        new Promise((resolve) => {
          if (waiting.push(resolve) === 1) askForSnapshot();
        }),
    },
  };
}
