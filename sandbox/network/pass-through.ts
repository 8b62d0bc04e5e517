import { connect, createServer, type Socket } from 'node:net';
import { pipeline } from 'node:stream';
import { type Listening, listenTogether } from './loopback';
import { endpointTlv, writeProxyHeader } from './proxy-protocol';

export type PassThroughOptions = {
  readonly addresses: readonly string[];
  /** Default: chosen by the system. */
  readonly port?: number;
  readonly to: { readonly host: string; readonly port: number };
  /** Id of the endpoint, sent by PROXY protocol; absent: without PROXY protocol. */
  readonly endpointId?: string;
  /**
   * Whether the endpoint is connected. Otherwise a connection is closed at once. Default:
   * connected.
   */
  readonly isOpen?: () => boolean;
};

/**
 * Starts an endpoint in front of a network load balancer: bytes pass unchanged in both directions.
 */
export function startPassThrough({ addresses, port, to, endpointId, isOpen }: PassThroughOptions): Promise<Listening> {
  const serverFor = () =>
    createServer((client) => {
      // A client that hung up has no addresses any more.
      const header = endpointId === undefined ? Buffer.alloc(0) : headerOf(client, endpointId);
      if (isOpen?.() === false || !header) return void client.destroy();
      const target = connect(to);
      target.write(header);
      // Either side going away takes the other with it; there is nobody to tell.
      const ignore = () => undefined;
      pipeline(client, target, ignore);
      pipeline(target, client, ignore);
    });
  return listenTogether(addresses, serverFor, port);
}

function headerOf(client: Socket, endpointId: string): Buffer | undefined {
  const { remoteAddress, remotePort, localAddress, localPort } = client;
  if (!remoteAddress || !remotePort || !localAddress || !localPort) return undefined;
  return writeProxyHeader({
    source: { ip: remoteAddress, port: remotePort },
    destination: { ip: localAddress, port: localPort },
    tlvs: [endpointTlv(endpointId)],
  });
}
