import { setMaxListeners } from 'node:events';
import type { Session } from '../pass/session';
import type { Worker } from './worker';

type Named = Pick<Session, 'stage'>;

/** A loop over one stage; `T` is what else is known of it. */
type Loop<T, S> = { session: S; readonly stop: AbortController; readonly worker: Worker; readonly more: T };

export type Loops<T, S extends Named = Session> = {
  /** Begins, goes on with, and ends loops, so that there is one for each of these sessions. */
  readonly use: (sessions: readonly S[]) => void;
  /** Of those that there are, in the order in which they began. */
  readonly all: () => readonly T[];
  readonly trigger: () => void;
  /** Lets those that wait for their time begin now. */
  readonly wake: () => void;
  /** All go on, and one at least has had a pass that did not fail. */
  readonly isAlive: () => boolean;
  readonly isReady: () => boolean;
  /** Resolves when every loop that has begun by now has ended. */
  readonly ended: () => Promise<void>;
};

/** Starts the loop of a stage, whose session may be another one in each pass. */
export type StartLoop<T, S extends Named = Session> = (
  current: () => S,
  signal: AbortSignal,
) => { readonly worker: Worker; readonly more: T };

/** A loop for each stage, so that one that is away or slow keeps no other waiting. */
export function createLoops<T, S extends Named = Session>(start: StartLoop<T, S>, signal: AbortSignal): Loops<T, S> {
  setMaxListeners(0, signal);
  const loops = new Map<string, Loop<T, S>>();
  const running = new Set<Promise<void>>();

  function begin(session: S): void {
    const stop = new AbortController();
    const loop: Partial<Loop<T, S>> & { session: S } = { session };
    const { worker, more } = start(() => loop.session, AbortSignal.any([signal, stop.signal]));
    const ended = worker.ended.then(() => void running.delete(ended));
    running.add(ended);
    loops.set(nameOf(session), Object.assign(loop, { stop, worker, more }));
  }

  const workers = () => [...loops.values()].map((one) => one.worker);
  return {
    use: (sessions) => {
      const names = new Set(sessions.map(nameOf));
      for (const [name, { stop }] of loops) {
        if (names.has(name)) continue;
        stop.abort();
        loops.delete(name);
      }
      for (const session of sessions) {
        const loop = loops.get(nameOf(session));
        if (loop) loop.session = session;
        else begin(session);
      }
    },
    all: () => [...loops.values()].map((one) => one.more),
    trigger: () => {
      for (const worker of workers()) worker.trigger();
    },
    wake: () => {
      for (const worker of workers()) worker.wake();
    },
    isAlive: () => workers().every((one) => one.isAlive()),
    isReady: () => workers().some((one) => one.isReady()),
    ended: async () => {
      await Promise.all(running);
    },
  };
}

function nameOf({ stage = '' }: Named): string {
  return stage;
}
