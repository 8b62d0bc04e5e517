import type { ChildProcess } from 'node:child_process';
import type { Socket } from 'node:net';
import type { Clock } from '#core/timing/clock';
import { listenOn } from './listen';
import { createOrphans } from './orphans';
import { createRestartPauses } from './restart-pauses';
import { openServingProcess, type ServingProcess, type ServingProcessOptions } from './serving-process';
import { createWaiting } from './waiting';

export type SuperviseOptions = Omit<ServingProcessOptions, 'onEnd'> & {
  /**
   * Starts the serving process. It asks for each connection with a message, reports lost and
   * closed connections, and ends together with this process.
   */
  readonly startServing: () => ChildProcess;
  readonly clock: Clock;
  /** Whether every user may connect. */
  readonly isForAll?: boolean;
  /** Called with the exit code: the serving process ended on request, or cannot start. */
  readonly onEnd: (code: number) => void;
};

export type Supervisor = {
  /** Stops accepting, and tells the serving process to finish. */
  readonly stop: () => void;
};

/**
 * Listens, and hands each connection to the serving process. When that process ends, or hangs and
 * is killed, a new one starts, after a pause if it ends again and again. Connections wait
 * meanwhile, because Kong answers 500 when it cannot connect. Throws PrivatelinkError when it
 * cannot listen.
 */
export async function supervise({ clock, isForAll, ...options }: SuperviseOptions): Promise<Supervisor> {
  const waiting = createWaiting();
  const orphans = createOrphans();
  const pauseAfter = createRestartPauses();
  const stopping = new AbortController();
  const accept = (socket: Socket) => {
    // `close` follows.
    socket.on('error', () => {});
    waiting.add(socket);
    serving.offer();
  };
  const server = await listenOn(options.socketPath, accept, { isForAll });
  server.on('error', (error) => options.onProblem(error.message));
  let hasServed = false;
  let serving = start();

  function start(): ServingProcess {
    let sinceMs: number | undefined;
    const onServing = (pid: number | undefined) => {
      sinceMs = clock.monotonicMs();
      hasServed = true;
      orphans.end();
      options.onServing(pid);
    };
    const onEnd = (reason: string, wasStarted: boolean) => {
      if (stopping.signal.aborted) return options.onEnd(0);
      options.onProblem(`the serving process ${reason}`);
      if (sinceMs === undefined && (wasStarted || !hasServed)) return options.onEnd(1);
      // A new process needs file descriptors, and the orphans hold some.
      if (!wasStarted) orphans.end();
      void restartAfter(pauseAfter(sinceMs === undefined ? 0 : clock.monotonicMs() - sinceMs));
    };
    return openServingProcess(options.startServing(), { waiting, orphans }, { ...options, onServing, onEnd });
  }

  async function restartAfter(pauseMs: number): Promise<void> {
    await clock.sleep(pauseMs, stopping.signal).catch(() => {});
    if (stopping.signal.aborted) options.onEnd(0);
    else serving = start();
  }

  function stop(): void {
    stopping.abort();
    server.close();
    waiting.destroy();
    serving.stop();
  }

  return { stop };
}
