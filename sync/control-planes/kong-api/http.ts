import { setMaxListeners } from 'node:events';
import { type Dispatcher, Pool } from 'undici';
import { PrivatelinkError } from '#core/errors';
import type { JsonObject } from '#core/model';
import type { Clock } from '#core/timing/clock';
import { telling } from '#io/api-calls';
import { createConnector } from '#io/proxy/connections';
import { type Api, answerError, callName, shapeError } from './errors';
import { type CallLimits, exchange } from './exchange';
import { isBroken, networkError } from './network-errors';
import { parseRetryAfter, retry, type Tried } from './retry';
import { maskOf } from './secrets';
import { createServerClock, type ServerClock } from './server-clock';
import { readTls, type TlsConfig } from './tls';

/** `path` starts at the root and includes the query. */
export type HttpCall = {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  readonly path: string;
  readonly body?: JsonObject;
  /** Fixes by status for this call, if they differ from those of the API. */
  readonly fixes?: Api['fixes'];
};

/**
 * Returns the parsed body, undefined without one. Throws PrivatelinkError, or the signal's reason
 * when aborted.
 */
export type Http = (call: HttpCall, signal: AbortSignal) => Promise<unknown>;

export type HttpOptions = Partial<CallLimits> & {
  readonly api: Api;
  readonly address: string;
  /** Absent: calls carry no token. */
  readonly token?: string;
  readonly tls?: TlsConfig;
  /** Sent with each call. The token's header is added. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Calls at once. More calls wait for a connection. */
  readonly concurrency: number;
  readonly clock: Clock;
  /** Gets the date of every answer. Default: a clock for this client. */
  readonly serverClock?: ServerClock;
  /** For the connection, for the headers, and between two pieces of the body. */
  readonly timeoutMs?: number;
  readonly random?: () => number;
};

const defaultTimeoutMs = 10_000;

const defaultLimits: CallLimits = {
  /** The largest answer takes this long at 9 Mbit/s. */
  callTimeoutMs: 60_000,
  /**
   * The largest answer is the whole configuration of a Kong without a database: Konnect's
   * documented 10,000 entities of each of five kinds, with 1.3 KB each (seven tags of 128
   * characters among them). A page of a list has 1,000 entities.
   */
  maxBytes: 64 * 2 ** 20,
};

/**
 * Shorter than any server's idle time-out (Node 5 s, load balancers 60 s), so that no socket is
 * reused while it closes (fm-27).
 */
const idleMs = 4_000;

/** Statuses that are worth a retry. All calls are idempotent. */
const passingStatuses: ReadonlySet<number> = new Set([429, 500, 502, 503, 504]);

/**
 * Makes the JSON client of one control plane's API. It authenticates, retries and limits its calls.
 */
export function createHttp({ timeoutMs = defaultTimeoutMs, random = Math.random, ...options }: HttpOptions): Http {
  const { origin, pathname } = new URL(options.address);
  const { api, token, clock, tls } = options;
  const dispatcher = new Pool(origin, {
    connections: options.concurrency,
    keepAliveTimeout: idleMs,
    keepAliveMaxTimeout: idleMs,
    headersTimeout: timeoutMs,
    bodyTimeout: timeoutMs,
    connect: createConnector({ timeout: timeoutMs, readTls: tls && (() => readTls(tls)) }),
  });
  const headers = { ...options.headers, ...(token && api.authorize(token)), accept: 'application/json' };
  const headersOfBody = { ...headers, 'content-type': 'application/json' };
  const serverClock = options.serverClock ?? createServerClock(clock);
  const connection = {
    ...defaultLimits,
    ...options,
    serverClock,
    dispatcher,
    prefix: pathname.replace(/\/+$/, ''),
    headers,
    headersOfBody,
    mask: maskOf(options),
  };
  return (call, signal) => {
    // Each call in flight adds a listener, and Node warns of a leak above ten.
    setMaxListeners(0, signal);
    return retry(() => attempt(call, connection, signal), { clock, random }, signal);
  };
}

type Connection = CallLimits &
  Pick<HttpOptions, 'api' | 'address'> & {
    readonly serverClock: ServerClock;
    readonly dispatcher: Dispatcher;
    /** Path of the address. */
    readonly prefix: string;
    readonly headers: Readonly<Record<string, string>>;
    /** Headers of a call with a body. */
    readonly headersOfBody: Readonly<Record<string, string>>;
    /** Masks secrets in messages. */
    readonly mask: (text: string) => string;
  };

function attempt(call: HttpCall, connection: Connection, signal: AbortSignal): Promise<Tried> {
  const told = { api: connection.api.name.toLowerCase(), action: call.method };
  const ofAnswer = (tried: Tried) => ('error' in tried ? tried.error.code : 'ok');
  return telling(told, () => ask(call, connection, signal), { ofAnswer });
}

async function ask(call: HttpCall, connection: Connection, signal: AbortSignal): Promise<Tried> {
  const { method, path, body } = call;
  const { api, address, mask, serverClock, prefix, headers, headersOfBody } = connection;
  // Computed only for errors: thousands of calls succeed.
  const name = () => callName(method, address, path);
  const sent = {
    method,
    path: prefix + path,
    headers: body ? headersOfBody : headers,
    body: body && JSON.stringify(body),
  };
  const answer = await exchange(sent, connection, signal).catch((thrown: unknown) => ({ thrown }));
  signal.throwIfAborted();
  if ('thrown' in answer) {
    if (answer.thrown instanceof PrivatelinkError) throw answer.thrown;
    return { error: networkError(name(), answer.thrown), isWorthRetrying: isBroken(answer.thrown) };
  }
  const { status, text, date, retryAfter, location } = answer;
  serverClock.hear(date);
  if (status >= 200 && status < 300) return { value: parse(text, name) };
  if (status === 404 && method === 'DELETE') return { value: undefined };
  const retryAfterMs = parseRetryAfter(retryAfter, serverClock.now());
  const refusing = { name: api.name, fixes: { ...api.fixes, ...call.fixes } };
  return {
    error: answerError(refusing, name(), { status, text: mask(text), location: mask(location ?? ''), retryAfterMs }),
    retryAfterMs,
    isWorthRetrying: passingStatuses.has(status),
  };
}

function parse(text: string, name: () => string): unknown {
  try {
    return text === '' ? undefined : JSON.parse(text);
  } catch (thrown) {
    throw shapeError(name(), thrown);
  }
}
