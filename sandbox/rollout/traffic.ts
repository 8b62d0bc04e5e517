import { setTimeout as wait } from 'node:timers/promises';
import { messageOf } from '#core/errors';
import { until } from '../until';

export type Sent = {
  /** By the clock of `performance.now`. */
  readonly begunMs: number;
  /** Why it went wrong; absent: it went right. */
  readonly problem?: string;
};

/** Requests through each of several gateways, one after the other, all the time. */
export type Traffic = {
  readonly start: () => void;
  /** Those through a gateway that have ended, the oldest first. */
  readonly sent: (name: string) => readonly Sent[];
  /** Until one that begins after this went through each, right or wrong. */
  readonly round: (signal: AbortSignal) => Promise<void>;
  /** Waits for those under way. */
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

/** Which of the requests that went wrong had to. */
export type Tolerates = (name: string, sent: Sent) => boolean;

/** How many requests went wrong that had to go right, and why the first one did; undefined: none. */
export function firstWrong(all: readonly SentThrough[], tolerates: Tolerates): string | undefined {
  const wrong = all.flatMap(({ name, sent }) =>
    sent.flatMap((one) => (one.problem === undefined || tolerates(name, one) ? [] : [`${name}: ${one.problem}`])),
  );
  return wrong[0] && `${wrong.length} requests went wrong, the first through ${wrong[0]}`;
}
