import type { Socket } from 'node:net';

/** Connections of Kong that no process has taken. */
export type Waiting = {
  readonly add: (socket: Socket) => void;
  /**
   * Puts back a connection that a process did not take, in front of all others. Ends it when its
   * time is over.
   */
  readonly putBack: (socket: Socket) => void;
  /** The connection with the longest wait. */
  readonly take: () => Socket | undefined;
  readonly destroy: () => void;
};

/** Half of Kong's time-out for an answer. */
const longestMs = 30_000;

/**
 * Ends each connection that no process takes in time. Kong then sends its request again, or answers
 * it.
 */
export function createWaiting(): Waiting {
  const sockets: Socket[] = [];
  /** Connections whose time ended while a process held them. */
  const late = new WeakSet<Socket>();

  function add(socket: Socket): void {
    sockets.push(socket);
    // The time counts from its arrival, whatever processes do meanwhile.
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
  // Unread bytes would make Kong see a reset.
  socket.resume().end();
}
