import type { ErrorDetails } from '#core/errors';
import type { Clock } from '#core/timing/clock';
import { renderMetrics, type Samples } from '#io/metrics/text';
import { workerMetrics } from './metrics/table';
import type { Explained, WatchState } from './server';

/** Messages from the thread of the passes to the serving thread. */
export type ToServer =
  | {
      readonly kind: 'state';
      readonly isAlive: boolean;
      readonly isReady: boolean;
      readonly details: string;
      readonly metrics: Samples;
    }
  | { readonly kind: 'snapshot'; readonly text: string | undefined }
  | ({ readonly kind: 'explained'; readonly number: number } & Explained);

/** Messages from the serving thread to the thread of the passes. */
export type FromServer =
  | { readonly kind: 'snapshot' }
  | { readonly kind: 'explain'; readonly number: number; readonly query: string };

/**
 * First message of the serving thread: its address, or the reason of a failure. Later messages are
 * questions.
 */
export type Started =
  | { readonly address: string }
  | { readonly reason: string; readonly details: Pick<ErrorDetails, 'code' | 'fix'> };

/** Planning blocks its thread for seconds at most. A thread that is silent for this long hangs. */
const longestSilenceMs = 60_000;

export type Told = { readonly state: WatchState; readonly take: (message: ToServer) => void };

export type ToldOptions = Pick<Clock, 'monotonicMs'> & {
  readonly ask: (message: FromServer) => void;
  /** Samples that any thread can read. */
  readonly ownSamples: () => Samples;
};

/**
 * Keeps the last told state. Snapshots and answers are asked for on demand, because they cost time
 * and are rare.
 */
export function createTold({ monotonicMs, ask, ownSamples }: ToldOptions): Told {
  let last: Extract<ToServer, { kind: 'state' }> = {
    kind: 'state',
    isAlive: true,
    isReady: false,
    details: '',
    metrics: {},
  };
  let toldAtMs = monotonicMs();
  let waiting: ((text: string | undefined) => void)[] = [];
  const asked = new Map<number, (explained: Explained) => void>();
  let number = 0;
  const isAlive = () => last.isAlive && monotonicMs() - toldAtMs <= longestSilenceMs;
  const alive = () => ({ kong_privatelink_alive: { '': isAlive() ? 1 : 0 } });
  return {
    take: (message) => {
      if (message.kind === 'state') {
        [last, toldAtMs] = [message, monotonicMs()];
        return;
      }
      if (message.kind === 'explained') {
        asked.get(message.number)?.({ status: message.status, text: message.text });
        asked.delete(message.number);
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
          if (waiting.push(resolve) === 1) ask({ kind: 'snapshot' });
        }),
      explain: (query) =>
        new Promise((resolve) => {
          number += 1;
          asked.set(number, resolve);
          ask({ kind: 'explain', number, query });
        }),
    },
  };
}
