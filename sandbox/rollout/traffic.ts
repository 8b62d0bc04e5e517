import { setTimeout as wait } from 'node:timers/promises';
import { messageOf } from '#core/errors';
import { until } from '../until';

export type Sent = {
  /** By the clock of `performance.now`. */
  readonly begunMs: number;
  /** The reason of a failure; absent: the request succeeded. */
  readonly problem?: string;
};

/** Requests through each of several gateways, one after the other, all the time. */
export type Traffic = {
  readonly start: () => void;
  /** The finished requests through a gateway, the oldest first. */
  readonly sent: (name: string) => readonly Sent[];
  /** Waits until a request that begins after this went through each gateway, successful or not. */
  readonly round: (signal: AbortSignal) => Promise<void>;
  /** Waits for running requests. */
  readonly close: () => Promise<void>;
};

const pauseMs = 100;

/** `send` throws where the answer is wrong. */
export function createTraffic(names: readonly string[], send: (name: string) => Promise<unknown>): Traffic {
  const sent = new Map<string, Sent[]>(names.map((name) => [name, []]));
  let isStopped = false;
  const flow = async ([name, ended]: [string, Sent[]]) => {
    while (!isStopped) {
      const begunMs = performance.now();
      const problem = await send(name).then(() => undefined, messageOf);
      ended.push({ begunMs, problem });
      await wait(pauseMs);
    }
  };
  const flows: Promise<void>[] = [];
  return {
    start: () => void flows.push(...[...sent].map(flow)),
    sent: (name) => sent.get(name) ?? [],
    round: (signal) => {
      const fromMs = performance.now();
      const isThrough = () => [...sent.values()].every((all) => (all.at(-1)?.begunMs ?? 0) > fromMs);
      return until('no request went through each gateway', isThrough, signal);
    },
    close: async () => {
      isStopped = true;
      await Promise.all(flows);
    },
  };
}

export type SentThrough = { readonly name: string; readonly sent: readonly Sent[] };

/** Whether the failure of a request is expected. */
export type Tolerates = (name: string, sent: Sent) => boolean;

/** Returns the number of unexpected failures, and the reason of the first; undefined: none. */
export function firstWrong(all: readonly SentThrough[], tolerates: Tolerates): string | undefined {
  const wrong = all.flatMap(({ name, sent }) =>
    sent.flatMap((one) => (one.problem === undefined || tolerates(name, one) ? [] : [`${name}: ${one.problem}`])),
  );
  return wrong[0] && `${wrong.length} requests went wrong, the first through ${wrong[0]}`;
}
