import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { messageOf } from '#core/errors';
import type { Json } from '#core/model';
import { type Listening, listenTogether } from './loopback';

export type ProviderRequest = {
  /** Address of the interface that it arrived at. */
  readonly address: string;
  readonly method: string;
  /** With its query. */
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
};

/** `status` defaults to 200; `body` is sent as JSON. */
export type ProviderResponse = { readonly status?: number; readonly body: Json };

export type ProviderOptions = {
  /** Loopback addresses that stand for the interfaces of an endpoint. */
  readonly addresses: readonly string[];
  /** The same for all addresses; default: chosen by the system. */
  readonly port?: number;
  /** When it throws, the provider answers 500 with the message. */
  readonly handle: (request: ProviderRequest) => Promise<ProviderResponse>;
};

/** A provider domain's service, as seen behind the interfaces of an endpoint. */
export type Provider = {
  readonly addresses: readonly string[];
  readonly port: number;
  /** Answers at more addresses, on the same port. */
  readonly answerAt: (addresses: readonly string[]) => void;
  /** Requests so far, in order: at all addresses, or at one. */
  readonly requests: (address?: string) => readonly ProviderRequest[];
  /** Breaks every connection and stops listening. */
  readonly close: () => Promise<void>;
};

/**
 * Starts an HTTP server per address, all on one port. Rejects when the port is taken, or for an
 * address outside loopback.
 */
export async function startProvider({ addresses, port, handle }: ProviderOptions): Promise<Provider> {
  const received: ProviderRequest[] = [];
  const serverFor = (address: string) =>
    createServer((message, response) => {
      answer(message, response, async (body) => {
        const { method = '', url = '', headers } = message;
        const request = { address, method, path: url, headers, body };
        received.push(request);
        return handle(request);
      });
    });
  const listening = await listenTogether(addresses, serverFor, port);
  const others: Promise<Listening | undefined>[] = [];
  return {
    port: listening.port,
    addresses,
    answerAt: (more) => {
      const fresh = more.filter((address) => !addresses.includes(address));
      // Another process has the port: nobody answers, as at a broken interface.
      others.push(listenTogether(fresh, serverFor, listening.port).catch(() => undefined));
    },
    close: async () => {
      for (const one of [listening, ...(await Promise.all(others))]) await one?.close();
    },
    requests: (address) => received.filter((one) => address === undefined || one.address === address),
  };
}

function answer(
  message: IncomingMessage,
  response: ServerResponse,
  handle: (body: string) => Promise<ProviderResponse>,
): void {
  text(message)
    .then(handle)
    .catch((thrown): ProviderResponse => ({ status: 500, body: { message: messageOf(thrown) } }))
    .then(({ status = 200, body }) => {
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    })
    .catch(() => response.destroy());
}
