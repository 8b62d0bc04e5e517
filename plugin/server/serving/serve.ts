import type { Socket } from 'node:net';
import { type Connection, type ConnectionOptions, serveConnection } from './connection';

export type PluginServer = {
  readonly accept: (socket: Socket) => void;
  /**
   * Ends the connection with the longest time since its last request: nginx drops an idle
   * connection.
   */
  readonly makeRoom: () => void;
  /** Resolves when every connection has ended. */
  readonly drain: () => Promise<void>;
};

/**
 * An instance without requests for this time is closed, and the next request starts it again. nginx
 * workers that ended close none.
 */
const expireEveryMs = 3_600_000;

/** Serves plugin instances to Kong on the given connections. */
export function servePlugins(options: ConnectionOptions): PluginServer {
  const connections = new Map<Connection, Promise<unknown>>();
  const timer = setInterval(options.instances.expire, expireEveryMs).unref();

  function accept(socket: Socket): void {
    const connection = serveConnection(socket, options);
    const closed = new Promise((resolve) => socket.once('close', resolve));
    connections.set(connection, closed);
    void closed.then(() => connections.delete(connection));
    // The listening process leaves reading to the serving one.
    socket.resume();
  }

  function makeRoom(): void {
    let oldest: Connection | undefined;
    for (const connection of connections.keys())
      if (connection.isIdle() && !(oldest && oldest.lastEvent() <= connection.lastEvent())) oldest = connection;
    oldest?.endWhenIdle();
  }

  async function drain(): Promise<void> {
    clearInterval(timer);
    for (const connection of connections.keys()) connection.endWhenIdle();
    await Promise.all(connections.values());
  }

  return { accept, makeRoom, drain };
}
