import type { Agent } from 'node:http';
import type { Socket } from 'node:net';
import { openTunnel } from './tunnel';

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
