import type { Socket } from 'node:net';

/** Connections of Kong that no process has taken. */
export type Waiting = {
  readonly add: (socket: Socket) => void;
  /** Before all others: of one that a process was given, and did not take. Ends it where its time is over. */
  readonly putBack: (socket: Socket) => void;
  /** The one that waits longest. */
  readonly take: () => Socket | undefined;
  readonly destroy: () => void;
};

/** Half of Kong's own time-out for an answer. */
const longestMs = 30_000;

/** Ends each connection that nobody has taken in time: Kong then sends its request again, or answers it. */
export function createWaiting(): Waiting {
  const sockets: Socket[] = [];
  /** Those whose time ended while a process was given them. */
  const late = new WeakSet<Socket>();

  function add(socket: Socket): void {
    sockets.push(socket);
    // From its arrival on, however often a process is given it in vain.
    setTimeout(() => giveUp(socket), longestMs).unref();
  }

  function giveUp(socket: Socket): void {
    const at = sockets.indexOf(socket);
    if (at < 0) return void late.add(socket);
    sockets.splice(at, 1);
    end(socket);
  }

  function putBack(socket: Socket): void {
    if (late.has(socket)) end(socket);
    else sockets.unshift(socket);
  }

  function take(): Socket | undefined {
    const socket = sockets.shift();
    return socket?.destroyed ? take() : socket;
  }

  function destroy(): void {
    for (const socket of sockets.splice(0)) socket.destroy();
  }

  return { add, putBack, take, destroy };
}

function end(socket: Socket): void {
  // With bytes that nobody read, Kong would see a reset.
  socket.resume().end();
}
