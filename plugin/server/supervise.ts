import type { ChildProcess } from 'node:child_process';
import type { Socket } from 'node:net';
import { listenOn } from './listen';

export type SuperviseOptions = {
  readonly socketPath: string;
  /** Starts the process that serves: it asks for each connection with a message, tells the number of each that it closed, and ends when this process does. */
  readonly startServing: () => ChildProcess;
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
 * Listens, and hands each connection to the process that serves. Where that ends it is started anew, and connections wait meanwhile:
 * Kong answers 500 when it cannot connect. Throws PrivatelinkError when it cannot listen.
 */
export async function supervise({ socketPath, startServing, ...options }: SuperviseOptions): Promise<Supervisor> {
  const waiting: Socket[] = [];
  let isStopping = false;
  const server = await listenOn(socketPath, (socket) => {
    // `close` follows.
    socket.on('error', () => {});
    waiting.push(socket);
    serving.offer();
  });
  server.on('error', (error) => options.onProblem(error.message));
  let serving = start();

  function start(): Serving {
    return openServing(startServing(), waiting, {
      onServing: options.onServing,
      onEnd: (reason, hasServed) => {
        if (isStopping) return options.onEnd(0);
        options.onProblem(`the serving process ${reason}`);
        if (!hasServed) return options.onEnd(1);
        serving = start();
      },
    });
  }

  function stop(): void {
    isStopping = true;
    server.close();
    for (const socket of waiting.splice(0)) socket.destroy();
    serving.stop();
  }

  return { stop };
}

type Serving = {
  /** Hands over the next connection that waits, where the process has asked for one. */
  readonly offer: () => void;
  readonly stop: () => void;
};

type ServingListener = {
  readonly onServing: SuperviseOptions['onServing'];
  readonly onEnd: (reason: string, hasServed: boolean) => void;
};

/**
 * Hands connections to a process and keeps each open until that has closed its own: should the process be killed, Kong sees their end,
 * upon which it sends the request again, and not a reset, for which it answers 500.
 */
function openServing(child: ChildProcess, waiting: Socket[], { onServing, onEnd }: ServingListener): Serving {
  const open = new Map<number, Socket>();
  let hasServed = false;
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

  function end(): void {
    const socket = open.get(handed);
    // Before it asks for the next one, the process has read nothing of the last.
    if (socket && !isAsking) {
      waiting.unshift(socket);
      open.delete(handed);
    }
    for (const served of open.values()) served.resume().end();
  }

  child.on('message', (message) => {
    if (typeof message === 'number') {
      open.get(message)?.destroy();
      open.delete(message);
      return;
    }
    if (!hasServed) onServing(child.pid);
    hasServed = true;
    isAsking = true;
    offer();
  });
  child.once('error', (error) => onEnd(`did not start: ${error.message}`, false));
  // Unlike `exit`, `close` comes after the last message.
  child.once('close', (code, signal) => {
    end();
    onEnd(`ended with ${signal ?? code}`, hasServed);
  });
  return {
    offer,
    stop: () => {
      child.kill();
      setTimeout(() => child.kill('SIGKILL'), killAfterMs).unref();
    },
  };
}
