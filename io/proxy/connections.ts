import type { Agent } from 'node:http';
import type { Socket } from 'node:net';
import type { ConnectionOptions } from 'node:tls';
import { buildConnector } from 'undici';
import { openTunnel } from './tunnel';

const ports = { 'http:': 80, 'https:': 443 } as const;

export type ConnectorOptions = {
  /** In milliseconds, for each of proxy and TLS. */
  readonly timeout: number;
  /** What TLS needs beyond Node's own, asked for at each connection. */
  readonly readTls?: () => Promise<ConnectionOptions>;
};

/** How undici connects, through a proxy where one is on the way. */
export function createConnector({ timeout, readTls }: ConnectorOptions) {
  const connect = buildConnector({ timeout });
  return (target: buildConnector.Options, callback: buildConnector.Callback): void => {
    const protocol = target.protocol === 'https:' ? target.protocol : 'http:';
    const destination = { protocol, host: target.hostname, port: Number(target.port) || ports[protocol] } as const;
    const open = async () => {
      const connectOver = readTls ? buildConnector({ timeout, ...(await readTls()) }) : connect;
      const httpSocket = await openTunnel(destination, timeout);
      // Without TLS the tunnel is all that there is to connect.
      if (httpSocket && protocol === 'http:') callback(null, httpSocket);
      else connectOver({ ...target, httpSocket }, callback);
    };
    open().catch((thrown) => callback(thrown, null));
  };
}

/** What Node's agents connect by, which its types do not tell: it gives the socket, or calls back with it. */
type Connecting = {
  createConnection: (options: Target, callback: (thrown: Error | null, socket?: Socket) => void) => Socket | undefined;
};
type Target = { readonly host: string; readonly port: number; readonly socket?: Socket };

/** Lets an agent connect through a proxy where one is on the way. */
export function throughProxies<A extends Agent>(agent: A, protocol: 'http:' | 'https:', timeoutMs: number): A {
  const connecting = agent as unknown as Connecting;
  const connect = connecting.createConnection.bind(agent);
  connecting.createConnection = (target, callback) => {
    const tunnel = openTunnel({ protocol, host: target.host, port: Number(target.port) }, timeoutMs);
    if (!tunnel) return connect(target, callback);
    tunnel.then(
      (socket) => callback(null, protocol === 'https:' ? connect({ ...target, socket }, callback) : socket),
      callback,
    );
    return undefined;
  };
  return agent;
}
