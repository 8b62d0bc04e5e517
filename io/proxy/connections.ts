import type { ConnectionOptions } from 'node:tls';
import { buildConnector } from 'undici';
import { openTunnel } from './tunnel';

const ports = { 'http:': 80, 'https:': 443 } as const;

export type ConnectorOptions = {
  /** In milliseconds, for each of proxy and TLS. */
  readonly timeout: number;
  /** TLS options beyond Node's own, read at each connection. */
  readonly readTls?: () => Promise<ConnectionOptions>;
};

/** Returns undici's connector, through a proxy where the environment names one. */
export function createConnector({ timeout, readTls }: ConnectorOptions) {
  const connect = buildConnector({ timeout });
  return (target: buildConnector.Options, callback: buildConnector.Callback): void => {
    const protocol = target.protocol === 'https:' ? target.protocol : 'http:';
    const destination = { protocol, host: target.hostname, port: Number(target.port) || ports[protocol] } as const;
    const open = async () => {
      const connectOver = readTls ? buildConnector({ timeout, ...(await readTls()) }) : connect;
      const httpSocket = await openTunnel(destination, timeout);
      // Without TLS the tunnel is the whole connection.
      if (httpSocket && protocol === 'http:') callback(null, httpSocket);
      else connectOver({ ...target, httpSocket }, callback);
    };
    open().catch((thrown) => callback(thrown, null));
  };
}
