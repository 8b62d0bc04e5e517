import type { ChildProcess } from 'node:child_process';
import type { Socket } from 'node:net';
import type { Clock } from '#core/timing/clock';
import type { FromServing, ToServing } from '../serving/messages';
import { listenOn } from './listen';
import { createOrphans, type Orphans } from './orphans';
import { createRestartPauses } from './restart-pauses';
import { startWatchdog, type Watchdog } from './watchdog';

export type SuperviseOptions = {
  readonly socketPath: string;
  /**
   * Starts the process that serves: it asks for each connection with a message, tells the number of each that it closed, answers
   * questions whether it lives, and ends when this process does.
   */
  readonly startServing: () => ChildProcess;
  readonly clock: Clock;
  /** How often to ask whether it lives. */
  readonly askEveryMs: number;
  /** Told the process that has begun to serve. */
  readonly onServing: (pid: number | undefined) => void;
  readonly onProblem: (reason: string) => void;
  /** Told with which code to end: the serving process has ended because it was told to, or because it cannot start. */
  readonly onEnd: (code: number) => void;
};

export type Supervisor = {
  /** Accepts nothing more, and tells the serving process to finish. */
  readonly stop: () => void;
};

/** Above what the serving process gives itself. */
const killAfterMs = 5_000;

/**
 * Listens, and hands each connection to the process that serves. Where that ends, or hangs and is killed, it is started anew,
 * after a pause where it ends again and again, and connections wait meanwhile: Kong answers 500 when it cannot connect. Throws PrivatelinkError when it cannot listen.
 */
export async function supervise({ socketPath, clock, ...options }: SuperviseOptions): Promise<Supervisor> {
  const waiting: Socket[] = [];
  const orphans = createOrphans();
  const pauseAfter = createRestartPauses();
  const stopping = new AbortController();
  const server = await listenOn(socketPath, (socket) => {
    // `close` follows.
    socket.on('error', () => {});
    waiting.push(socket);
    serving.offer();
  });
  server.on('error', (error) => options.onProblem(error.message));
  let serving = start();

  function start(): Serving {
    let sinceMs: number | undefined;
    const onServing = (pid: number | undefined) => {
      sinceMs = clock.monotonicMs();
      orphans.end();
      options.onServing(pid);
    };
    const onEnd = (reason: string) => {
      if (stopping.signal.aborted) return options.onEnd(0);
      options.onProblem(`the serving process ${reason}`);
      if (sinceMs === undefined) return options.onEnd(1);
      void restartAfter(pauseAfter(clock.monotonicMs() - sinceMs));
    };
    return openServing(options.startServing(), { waiting, orphans }, { ...options, onServing, onEnd });
  }

  async function restartAfter(pauseMs: number): Promise<void> {
    await clock.sleep(pauseMs, stopping.signal).catch(() => {});
    if (stopping.signal.aborted) options.onEnd(0);
    else serving = start();
  }

  function stop(): void {
    stopping.abort();
    server.close();
    for (const socket of waiting.splice(0)) socket.destroy();
    serving.stop();
  }

  return { stop };
}

type Connections = {
  /** For a process that takes them. */
  readonly waiting: Socket[];
  readonly orphans: Orphans;
};

type Serving = {
  /** Hands over the next connection that waits, where the process has asked for one. */
  readonly offer: () => void;
  readonly stop: () => void;
};

type ServingOptions = Pick<SuperviseOptions, 'askEveryMs' | 'onServing' | 'onProblem'> & {
  readonly onEnd: (reason: string) => void;
};

/**
 * Hands connections to a process and keeps each open until that has closed its own: should the process be killed, Kong sees their end,
 * upon which it sends the request again, and not a reset, for which it answers 500.
 */
function openServing(child: ChildProcess, { waiting, orphans }: Connections, options: ServingOptions): Serving {
  const { onServing, onEnd } = options;
  const open = new Map<number, Socket>();
  /** From when it begins to serve: starting may take long on a slow machine. */
  let watchdog: Watchdog | undefined;
  let isAsking = false;
  let handed = 0;

  function offer(): void {
    const socket = isAsking ? waiting.shift() : undefined;
    if (!socket) return;
    isAsking = false;
    handed += 1;
    open.set(handed, socket);
    // What went wrong is told by `close`.
    child.send(handed, socket, { keepOpen: true }, () => {});
  }

  function leave(): void {
    const socket = open.get(handed);
    // Before it asks for the next one, the process has read nothing of the last.
    if (socket && !isAsking) {
      waiting.unshift(socket);
      open.delete(handed);
    }
    isAsking = false;
    orphans.take(open.values());
  }

  child.on('message', (message: FromServing) => {
    watchdog?.hear();
    if (message === 'alive') return;
    if (message !== 'next') {
      open.get(message)?.destroy();
      open.delete(message);
      return;
    }
    if (!watchdog) onServing(child.pid);
    watchdog ??= watch(child, options);
    isAsking = true;
    offer();
  });
  child.once('error', (error) => onEnd(`did not start: ${error.message}`));
  // Unlike `exit`, `close` comes after the last message.
  child.once('close', (code, signal) => {
    watchdog?.stop();
    leave();
    onEnd(`ended with ${signal ?? code}`);
  });
  return {
    offer,
    stop: () => {
      child.kill();
      setTimeout(() => child.kill('SIGKILL'), killAfterMs).unref();
    },
  };
}

/** Kills the process when it hangs: Kong would wait for it until its own time-out, a minute for each request. */
function watch(child: ChildProcess, { askEveryMs, onProblem }: ServingOptions): Watchdog {
  return startWatchdog({
    everyMs: askEveryMs,
    ask: () => child.send('alive?' satisfies ToServing, () => {}),
    onSilence: () => {
      onProblem('the serving process does not answer any more, and is killed');
      child.kill('SIGKILL');
    },
  });
}
