import { once } from 'node:events';
import type { Server, Socket } from 'node:net';
import { type Connection, serveConnection } from './connection';
import type { Instances } from './instances';
import { listenOn } from './listen';
import type { Counts } from './metrics';

export type ServeOptions = {
  readonly socketPath: string;
  readonly instances: Instances;
  readonly counts: Counts;
  readonly onProblem: (reason: string) => void;
};

export type PluginServer = {
  /** Accepts nothing more; resolves when every connection has ended by itself. */
  readonly drain: () => Promise<void>;
};

/** An instance that no request used for as long is started anew by the next: workers of nginx that are gone close none. */
const expireEveryMs = 3_600_000;

/** Serves plugin instances to Kong on a unix socket. Throws PrivatelinkError when it cannot listen there. */
export async function servePlugins({ socketPath, ...options }: ServeOptions): Promise<PluginServer> {
  const connections = new Set<Connection>();
  const accept = (socket: Socket) => {
    const connection = serveConnection(socket, options);
    connections.add(connection);
    socket.once('close', () => connections.delete(connection));
  };
  const server = await listenOn(socketPath, accept);
  server.on('error', (error) => options.onProblem(error.message));
  const timer = setInterval(options.instances.expire, expireEveryMs).unref();
  return {
    drain: async () => {
      clearInterval(timer);
      await close(server, connections);
    },
  };
}

async function close(server: Server, connections: ReadonlySet<Connection>): Promise<void> {
  if (!server.listening) return;
  const closed = once(server, 'close');
  server.close();
  for (const connection of connections) connection.endWhenIdle();
  await closed;
}
