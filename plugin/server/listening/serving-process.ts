import type { ChildProcess } from 'node:child_process';
import type { Socket } from 'node:net';
import type { FromServing, ToServing } from '../serving/messages';
import type { Orphans } from './orphans';
import { createTrialCalls } from './trial-calls';
import type { Waiting } from './waiting';
import { startWatchdog } from './watchdog';

export type Connections = {
  /** For a process that takes them. */
  readonly waiting: Waiting;
  readonly orphans: Orphans;
};

export type ServingProcess = {
  /** Hands over the next connection that waits, where the process has asked for one. */
  readonly offer: () => void;
  readonly stop: () => void;
};

export type ServingProcessOptions = {
  readonly socketPath: string;
  /** How often to make a call, as Kong does. */
  readonly askEveryMs: number;
  /** Told the process that has begun to serve. */
  readonly onServing: (pid: number | undefined) => void;
  readonly onProblem: (reason: string) => void;
  /** Told how it ended, or that it could not be started. */
  readonly onEnd: (reason: string, wasStarted: boolean) => void;
};

/** Above what the serving process gives itself. */
const killAfterMs = 5_000;
/** No measure of speed: a process that has not begun to serve by then never will. */
const startTimeoutMs = 60_000;

/**
 * Hands connections to a process and keeps each open until that has closed its own: should the process be killed, Kong sees their end,
 * upon which it sends the request again, and not a reset, for which it answers 500.
 */
export function openServingProcess(
  child: ChildProcess,
  { waiting, orphans }: Connections,
  options: ServingProcessOptions,
): ServingProcess {
  const open = new Map<number, Socket>();
  const watch = watchServing(child, options);
  let isAsking = false;
  let handed = 0;

  function offer(): void {
    const socket = isAsking ? waiting.take() : undefined;
    if (!socket) return;
    isAsking = false;
    handed += 1;
    open.set(handed, socket);
    // What went wrong is told by `close`.
    child.send(handed satisfies ToServing, socket, { keepOpen: true }, () => {});
    // The same without it: a process without a file descriptor left for the connection gets this alone, and Node tells nobody.
    child.send(handed satisfies ToServing, () => {});
  }

  /** Of a connection that the process has not taken: before it asks for the next one, it has read nothing of the last. */
  function takeBack(): void {
    const socket = open.get(handed);
    if (!socket || isAsking) return;
    open.delete(handed);
    waiting.putBack(socket);
  }

  function close(number: number): void {
    open.get(number)?.destroy();
    open.delete(number);
  }

  child.on('message', (message: FromServing) => {
    if (message === 'lost') return takeBack();
    if (message !== 'next') return close(message);
    watch.begin();
    // It has taken the last one: while many wait, the call of the watch waits behind them.
    if (!isAsking && open.has(handed)) watch.hear();
    isAsking = true;
    offer();
  });
  child.once('error', (error) => options.onEnd(`did not start: ${error.message}`, false));
  // Unlike `exit`, `close` comes after the last message.
  child.once('close', (code, signal) => {
    // It did not start: `error` has told, and Node tells both where it had made the pipes.
    if (child.pid === undefined) return;
    takeBack();
    isAsking = false;
    orphans.take(open.values());
    options.onEnd(`ended with ${signal ?? code}`, true);
  });
  return {
    offer,
    stop: () => {
      watch.stop();
      child.kill();
      setTimeout(() => child.kill('SIGKILL'), killAfterMs).unref();
    },
  };
}

/** Kills the process where it does not begin to serve, or serves no more: Kong would wait for each request until its own time-out. */
function watchServing(child: ChildProcess, options: ServingProcessOptions) {
  const kill = (why: string) => {
    options.onProblem(`the serving process ${why}, and is killed`);
    child.kill('SIGKILL');
  };
  const starting = setTimeout(() => kill('does not begin to serve'), startTimeoutMs).unref();
  const calls = createTrialCalls(options.socketPath, hear);
  let watchdog: ReturnType<typeof startWatchdog> | undefined;

  function begin(): void {
    if (watchdog) return;
    clearTimeout(starting);
    options.onServing(child.pid);
    watchdog = startWatchdog({
      everyMs: options.askEveryMs,
      ask: calls.make,
      onSilence: () => kill('does not answer any more'),
    });
  }

  function hear(): void {
    watchdog?.hear();
  }

  function stop(): void {
    clearTimeout(starting);
    watchdog?.stop();
    calls.stop();
  }

  child.once('error', stop).once('close', stop);
  return { begin, hear, stop };
}
