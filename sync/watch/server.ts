import { createHash, timingSafeEqual } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import type { Config } from '#config/schema';
import { withoutBrackets } from '#core/addresses/parse';
import { hasCode, messageOf, PrivatelinkError } from '#core/errors';
import { serverTimeouts } from '#io/server-timeouts';

/** State of the worker, read at each request. */
export type WatchState = {
  readonly isAlive: () => boolean;
  readonly isReady: () => boolean;
  /** Current problems, one line each. Only for requests with the token. */
  readonly details: () => string;
  readonly metrics: () => string;
  /** Text of the last snapshot. Undefined before the first. */
  readonly snapshot: () => string | undefined | Promise<string | undefined>;
  /** Answers the query of a question with JSON. Absent: the path does not exist. */
  readonly explain?: (query: string) => Explained | Promise<Explained>;
};

export type Explained = { readonly status: number; readonly text: string };

export type WatchServer = { readonly address: string; close(): Promise<void> };

/** Far below the limit of the worker's file descriptors. */
const maxConnections = 64;
/** Limit for a client that reads nothing. */
const idleTimeoutMs = 30_000;

/** URL omits the default port of the scheme. */
const defaultPort = 80;

type Page = {
  readonly serve: (request: IncomingMessage, response: ServerResponse) => void | Promise<void>;
  /** Answers requests without the token, most likely a probe: probes cannot send a token. */
  readonly serveAnyone?: (response: ServerResponse) => void;
};

/**
 * Serves /healthz, /readyz, /metrics, /v1/snapshot and /v1/explain on `watch.listen`. Throws
 * PrivatelinkError when it cannot listen.
 */
export async function startWatchServer(config: Config['watch'], state: WatchState): Promise<WatchServer> {
  const { hostname, port } = new URL(`http://${config.listen}`);
  const handle = handler(config.token, pagesOf(state));
  try {
    const server = config.tls
      ? createTlsServer(
          { ...serverTimeouts, ...readTls(config.tls), handshakeTimeout: serverTimeouts.headersTimeout },
          handle,
        )
      : createServer(serverTimeouts, handle);
    server.setTimeout(idleTimeoutMs);
    // A client that sends requests without reading would make its answers pile up here.
    server.maxRequestsPerSocket = 1;
    server.on('dropRequest', (_, socket) => socket.destroy());
    server.on('connection', limitConnections());
    server.listen(Number(port || defaultPort), withoutBrackets(hostname));
    await once(server, 'listening');
    // A connection that cannot be accepted, for example without a free file descriptor, fails only
    // for its caller.
    server.on('error', () => {});
    return {
      address: `${config.tls ? 'https' : 'http'}://${hostname}:${(server.address() as AddressInfo).port}`,
      close: async () => {
        server.close();
        server.closeAllConnections();
      },
    };
  } catch (cause) {
    const reason = `watch.listen ${config.listen}: ${messageOf(cause)}`;
    throw new PrivatelinkError(reason, { code: 'CONFIG_INVALID', fix: fixOf(cause, config), cause });
  }
}

/**
 * Closes the oldest connection beyond the limit, so that a new connection, such as a probe, is
 * always answered.
 */
function limitConnections(): (socket: Socket) => void {
  const open = new Set<Socket>();
  return (socket) => {
    open.add(socket);
    socket.once('close', () => open.delete(socket));
    const [oldest] = open;
    if (open.size > maxConnections) oldest?.destroy();
  };
}

function fixOf(cause: unknown, { tls }: Config['watch']): string {
  if (hasCode(cause, 'EADDRINUSE'))
    return 'another worker may be running there: stop it, or set watch.listen to a free address';
  const free = 'set watch.listen to an address of this machine that this user may listen on';
  return tls ? `${free}, and watch.tls to files that this user may read` : free;
}

function readTls({ cert, key }: NonNullable<Config['watch']['tls']>) {
  return { cert: readFileSync(cert), key: readFileSync(key) };
}

function handler(token: string | undefined, pages: ReadonlyMap<string, Page>): RequestListener {
  return (request, response) => {
    // new URL() throws at `//`, and an error here would end the process.
    const page = pages.get((request.url ?? '').replace(/\?.*$/, ''));
    const isKnown = !token || isSame(request.headers.authorization ?? '', `Bearer ${token}`);
    if (!isKnown && !page?.serveAnyone) return answer(response, 401, 'unauthorized\n');
    if (request.method !== 'GET' && request.method !== 'HEAD') return answer(response, 405, 'GET only\n');
    if (!page) return answer(response, 404, `one of ${[...pages.keys()].join(', ')}\n`);
    if (!isKnown) return page.serveAnyone?.(response);
    void page.serve(request, response);
  };
}

/** Compares in constant time. */
function isSame(given: string, expected: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(given), digest(expected));
}

function pagesOf(state: WatchState): ReadonlyMap<string, Page> {
  return new Map<string, Page>([
    ['/healthz', probe(state.isAlive, state.details)],
    ['/readyz', probe(state.isReady, state.details)],
    [
      '/metrics',
      {
        serve: (_, response) => answer(response, 200, state.metrics(), { 'content-type': 'text/plain; version=0.0.4' }),
      },
    ],
    ['/v1/snapshot', { serve: async (request, response) => answerSnapshot(request, response, await state.snapshot()) }],
    ...(state.explain ? [['/v1/explain', questions(state.explain)] as const] : []),
  ]);
}

/** Answers ok or not ok. Details need the token. */
function probe(isRight: () => boolean, details: WatchState['details']): Page {
  const say = (response: ServerResponse, more: string) =>
    isRight() ? answer(response, 200, `ok\n${more}`) : answer(response, 503, `not ok\n${more}`);
  return { serve: (_, response) => say(response, details()), serveAnyone: (response) => say(response, '') };
}

function questions(explain: NonNullable<WatchState['explain']>): Page {
  return {
    serve: async ({ url = '' }, response) => {
      const { status, text } = await explain(url.replace(/^[^?]*\??/, ''));
      answer(response, status, text, { 'content-type': 'application/json' });
    },
  };
}

function answerSnapshot(request: IncomingMessage, response: ServerResponse, text: string | undefined): void {
  const etag = `"${createHash('sha256')
    .update(text ?? '')
    .digest('hex')}"`;
  if (text === undefined) answer(response, 503, 'no pass has ended yet\n');
  else if (request.headers['if-none-match'] === etag) answer(response, 304, '', { etag });
  else answer(response, 200, text, { etag, 'content-type': 'application/json' });
}

function answer(
  response: ServerResponse,
  status: number,
  text: string,
  headers: Readonly<Record<string, string>> = {},
): void {
  response.writeHead(status, { 'content-type': 'text/plain', ...headers }).end(text);
}
