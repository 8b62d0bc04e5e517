import type { Agent } from 'node:http';
import type { Socket } from 'node:net';
import { openTunnel } from './tunnel';

/**
 * The connect function of Node's agents, absent from Node's types: it returns the socket, or passes
 * it to the callback.
 */
type Connecting = {
  createConnection: (options: Target, callback: (thrown: Error | null, socket?: Socket) => void) => Socket | undefined;
};
type Target = { readonly host: string; readonly port: number; readonly socket?: Socket };

/** Lets an agent connect through a proxy where the environment names one. */
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
