import { setMaxListeners } from 'node:events';
import type { Session } from '../pass/session';
import type { Worker } from './worker';

type Named = Pick<Session, 'stage'>;

/** A loop over one stage. `T` holds further state. */
type Loop<T, S> = { session: S; readonly stop: AbortController; readonly worker: Worker; readonly more: T };

export type Loops<T, S extends Named = Session> = {
  /** Starts, keeps and stops loops, so that each of these sessions has one. */
  readonly use: (sessions: readonly S[]) => void;
  /** State of the current loops, in the order of their start. */
  readonly all: () => readonly T[];
  readonly trigger: () => void;
  /** Starts the next pass of waiting loops now. */
  readonly wake: () => void;
  /** `isAlive`: all loops continue. `isReady`: one loop has had a pass that did not fail. */
  readonly isAlive: () => boolean;
  readonly isReady: () => boolean;
  /** Resolves when every loop started so far has ended. */
  readonly ended: () => Promise<void>;
};

/** Starts the loop of a stage. Its session may change in each pass. */
export type StartLoop<T, S extends Named = Session> = (
  current: () => S,
  signal: AbortSignal,
) => { readonly worker: Worker; readonly more: T };

/** Runs one loop for each stage, so that a slow or unreachable stage does not delay others. */
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
