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
   * Starts the process that serves: it asks for each connection with a message, tells which did not arrive, and the number of each that
   * it closed, and ends when this process does.
   */
  readonly startServing: () => ChildProcess;
  readonly clock: Clock;
  /** Whether every user may connect. */
  readonly isForAll?: boolean;
  /** Told with which code to end: the serving process has ended because it was told to, or because it cannot start. */
  readonly onEnd: (code: number) => void;
};

export type Supervisor = {
  /** Accepts nothing more, and tells the serving process to finish. */
  readonly stop: () => void;
};

/**
 * Listens, and hands each connection to the process that serves. Where that ends, or hangs and is killed, it is started anew,
 * after a pause where it ends again and again, and connections wait meanwhile: Kong answers 500 when it cannot connect. Throws PrivatelinkError when it cannot listen.
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
      // Without a file descriptor left there is no other process: these hold some.
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
