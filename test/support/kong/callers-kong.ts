import { mkdtempSync, rmSync } from 'node:fs';
import { type Agent, createServer, type IncomingMessage, request } from 'node:http';
import { connect } from 'node:http2';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { isIdentityHeader } from '#core/contracts/identity';
import { callersPluginName } from '#core/names';
import { type Listening, listenTogether } from '#sandbox/network/loopback';
import { agentWith, connectWith, type Place } from '../network/proxy-protocol';
import { startPlainKong } from './plain-kong';
import { postConfig } from './post-config';
import { freePorts, type RealKong } from './real-kong';

/** The provider's view of a request, or Kong's answer in its place. */
export type CallersAnswer = {
  readonly status: number;
  /**
   * Values of all identity headers, in any spelling; empty when the provider got none, or no
   * request.
   */
  readonly told: readonly string[];
  /** As the provider got them, names in lower case; empty when it got no request. */
  readonly headers: Readonly<Record<string, string>>;
  readonly trailers: readonly string[];
  readonly body: string;
};

/** How a request is sent: headers as they are written, a name and a value in turns. */
export type CallersRequest = {
  readonly path?: string;
  readonly method?: string;
  readonly headers?: readonly string[];
  /** Sent behind a body, in which `Trailer` is not needed. */
  readonly trailers?: readonly (readonly [string, string])[];
};

export type CallersKong = {
  readonly kong: RealKong;
  readonly admin: string;
  /** A listener with the PROXY protocol, one with HTTP/2 behind it, and one without it. */
  readonly places: { readonly http: Place; readonly http2: Place; readonly plain: Place };
  /** Requests that the provider has got. */
  readonly arrived: () => number;
  /**
   * Posts a service with the plugin at `/call`, other services beside it, and more of the document.
   */
  readonly configure: (config: object, beside?: readonly object[], more?: object) => Promise<void>;
  /** Sends a request over a connection that begins with this frame, and closes the connection. */
  readonly ask: (frame: Buffer, sent?: CallersRequest) => Promise<CallersAnswer>;
  readonly close: () => Promise<void>;
};

/** Starts a provider and a real Kong whose listeners take the PROXY protocol. */
export async function startCallersKong(): Promise<CallersKong> {
  const folder = mkdtempSync(join(tmpdir(), 'kong-privatelink-'));
  let arrived = 0;
  const provider = await listenTogether(['127.0.0.1'], () =>
    createServer((message, response) => {
      arrived += 1;
      void tellOf(message).then((told) => response.end(JSON.stringify(told)));
    }),
  );
  const [ports, more] = [await freePorts(), await freePorts()];
  const listens = [`${ports.proxy} proxy_protocol`, `${more.proxy} http2 proxy_protocol`, String(more.admin)];
  const variables = { KONG_PROXY_LISTEN: listens.map((one) => `127.0.0.1:${one}`).join(', ') };
  const kong = await startPlainKong(join(folder, 'kong'), { ports, variables });
  const place = (port: number) => ({ host: '127.0.0.1', port });
  const places = { http: place(ports.proxy), http2: place(more.proxy), plain: place(more.admin) };
  const admin = `http://127.0.0.1:${ports.admin}`;
  return {
    ...{ kong, admin, places, arrived: () => arrived },
    configure: (config, beside, document) => postConfig(admin, documentOf(provider, config, beside, document)),
    ask: async (frame, sent) => {
      const agent = agentWith(frame, places.http);
      try {
        return await askBy(agent, sent);
      } finally {
        agent.destroy();
      }
    },
    close: async () => {
      await kong.close();
      await provider.close();
      rmSync(folder, { recursive: true });
    },
  };
}

function documentOf({ port }: Listening, config: object, beside: readonly object[] = [], more: object = {}): object {
  const plugins = [{ name: callersPluginName, config: { domain: 'egress', ...config } }, ...beside];
  const routes = [{ name: 'call', paths: ['/call'] }];
  const service = { name: 'egress', host: '127.0.0.1', port, routes, plugins, retries: 0 };
  return { _format_version: '3.0', services: [service], ...more };
}

type Told = Pick<CallersAnswer, 'headers' | 'trailers' | 'told'>;

async function tellOf(message: IncomingMessage): Promise<Told> {
  await text(message);
  const { rawHeaders, headers, rawTrailers } = message;
  const told = rawHeaders.filter((_, index) => index % 2 === 1 && isIdentityHeader(rawHeaders[index - 1] ?? ''));
  const named = Object.entries(headers).map(([name, value]) => [name, String(value)] as const);
  return { told, headers: Object.fromEntries(named), trailers: rawTrailers };
}

/** Asks over the agent's connection. */
export function askBy(
  agent: Agent,
  { path = '/call', method = 'GET', headers = [], trailers = [] }: CallersRequest = {},
): Promise<CallersAnswer> {
  const hasBody = trailers.length > 0;
  const chunked = hasBody ? ['Transfer-Encoding', 'chunked'] : [];
  const all = ['Host', 'gateway', ...chunked, ...headers];
  return new Promise((resolve, reject) => {
    const signal = AbortSignal.timeout(20_000);
    const outgoing = request({ agent, path, method: hasBody ? 'POST' : method, headers: all, signal }, (response) => {
      text(response).then((body) => resolve(answerOf(response.statusCode ?? 0, body)), reject);
    });
    outgoing.on('error', reject);
    if (hasBody) {
      outgoing.write('body');
      outgoing.addTrailers(trailers.map(([name, value]): [string, string] => [name, value]));
    }
    outgoing.end();
  });
}

/** Asks over HTTP/2 without TLS, the headers by their names in lower case. */
export async function askHttp2(
  frame: Buffer,
  place: Place,
  sent: Readonly<Record<string, string | string[]>>,
): Promise<CallersAnswer> {
  const session = connect(`http://${place.host}:${place.port}`, { createConnection: () => connectWith(frame, place) });
  try {
    const stream = session.request({ ':path': '/call', ...sent });
    const head = new Promise<number>((resolve, reject) => {
      stream.on('response', (headers) => resolve(Number(headers[':status']))).on('error', reject);
    });
    const body = text(stream);
    return answerOf(await head, await body);
  } finally {
    session.destroy();
  }
}

function answerOf(status: number, body: string): CallersAnswer {
  const nothing: Told = { told: [], headers: {}, trailers: [] };
  return { ...nothing, ...(status === 200 && (JSON.parse(body) as Told)), status, body };
}
