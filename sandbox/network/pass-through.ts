import { connect, createServer } from 'node:net';
import { pipeline } from 'node:stream';
import { type Listening, listenTogether } from './loopback';

export type PassThroughOptions = {
  readonly addresses: readonly string[];
  /** Default: chosen by the system. */
  readonly port?: number;
  readonly to: { readonly host: string; readonly port: number };
};

/** Starts what stands for an endpoint in front of a network load balancer: bytes go through as they are, in both directions. */
export function startPassThrough({ addresses, port, to }: PassThroughOptions): Promise<Listening> {
  const serverFor = () =>
    createServer((client) => {
      const target = connect(to);
      // Either side going away takes the other with it; there is nobody to tell.
      const ignore = () => undefined;
      pipeline(client, target, ignore);
      pipeline(target, client, ignore);
    });
  return listenTogether(addresses, serverFor, port);
}
