import type { ChildProcess } from 'node:child_process';
import type { Socket } from 'node:net';
import type { FromServing, ToServing } from '../serving/messages';
import type { Orphans } from './orphans';
import { createTrialCalls } from './trial-calls';
import type { Waiting } from './waiting';
import { startWatchdog } from './watchdog';

export type Connections = {
  /** For a process that takes connections. */
  readonly waiting: Waiting;
  readonly orphans: Orphans;
};

export type ServingProcess = {
  /** Hands over the next waiting connection, if the process has asked for one. */
  readonly offer: () => void;
  readonly stop: () => void;
};

export type ServingProcessOptions = {
  readonly socketPath: string;
  /** Interval of trial calls, which are like Kong's calls. */
  readonly askEveryMs: number;
  /** Called with the process that begins to serve. */
  readonly onServing: (pid: number | undefined) => void;
  readonly onProblem: (reason: string) => void;
  /** Called with the reason of the end, or of a failed start. */
  readonly onEnd: (reason: string, wasStarted: boolean) => void;
};

/** Longer than the serving process's own limit. */
const killAfterMs = 5_000;
/** A process that does not serve after this time never will. The limit does not measure speed. */
const startTimeoutMs = 60_000;

/**
 * Hands connections to a process, and keeps each one open until the process has closed its copy.
 * When the process is killed, Kong sees a normal end and sends the request again. After a reset
 * Kong would answer 500.
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
    // `close` reports the error.
    child.send(handed satisfies ToServing, socket, { keepOpen: true }, () => {});
    // Again without the socket: a process without a free file descriptor gets only this message,
    // and Node reports no error.
    child.send(handed satisfies ToServing, () => {});
  }

  /**
   * Takes back a connection that the process has not taken. The process reads nothing of it before
   * it asks for the next one.
   */
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
    // The process has taken the last connection. While many connections wait, the trial call waits
    // behind them.
    if (!isAsking && open.has(handed)) watch.hear();
    isAsking = true;
    offer();
  });
  child.once('error', (error) => options.onEnd(`did not start: ${error.message}`, false));
  // `close` comes after the last message; `exit` may come before it.
  child.once('close', (code, signal) => {
    // The process did not start, and `error` has reported it. Node emits both events when the pipes
    // existed.
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

/**
 * Kills a process that does not begin to serve, or stops serving. Otherwise Kong would wait for
 * each request until its own time-out.
 */
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
