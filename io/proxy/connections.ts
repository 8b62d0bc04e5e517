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
