import { setMaxListeners } from 'node:events';
import { Agent, type Dispatcher, request } from 'undici';
import type { Clock } from '../../core/clock';
import type { JsonObject } from '../../core/model';
import { type Api, answerError, isBroken, networkError, shapeError } from './errors';
import { type Outcome, parseRetryAfter, retry } from './retry';

/** `path` from the root, with its query. */
export type HttpCall = {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  readonly path: string;
  readonly body?: JsonObject;
};

/** Gives the parsed body, undefined where there is none. Throws PrivatelinkError, or the signal's reason when aborted. */
export type Http = (call: HttpCall, signal: AbortSignal) => Promise<unknown>;

export type HttpOptions = {
  readonly api: Api;
  readonly address: string;
  /** Absent: the calls carry none. */
  readonly token?: string;
  /** Calls at once; more wait for a connection. */
  readonly concurrency: number;
  readonly clock: Clock;
  /** For connecting, for the headers, and between two pieces of the body. */
  readonly timeoutMs?: number;
  readonly random?: () => number;
};

const defaultTimeoutMs = 10_000;

/** Shorter than any server's idle time-out (Node's is 5 s, load balancers have 60 s), so that a socket is not reused as it closes (fm-27). */
const idleMs = 4_000;

/** Statuses that pass by themselves. All calls are idempotent, so each may be made again. */
const passingStatuses: ReadonlySet<number> = new Set([429, 500, 502, 503, 504]);

/** A JSON client for one control plane's API that authenticates, retries and bounds its calls. */
export function createHttp({ timeoutMs = defaultTimeoutMs, random = Math.random, ...options }: HttpOptions): Http {
  const dispatcher = new Agent({
    connections: options.concurrency,
    keepAliveTimeout: idleMs,
    keepAliveMaxTimeout: idleMs,
    headersTimeout: timeoutMs,
    bodyTimeout: timeoutMs,
    connect: { timeout: timeoutMs },
  });
  const timing = { clock: options.clock, random };
  return (call, signal) => {
    // Each call in flight listens, and there are more of them than the ten that Node takes for a leak.
    setMaxListeners(0, signal);
    return retry(() => attempt(call, { ...options, dispatcher, signal }), timing, signal);
  };
}

type Attempt = Pick<HttpOptions, 'api' | 'address' | 'token' | 'clock'> & {
  readonly dispatcher: Dispatcher;
  readonly signal: AbortSignal;
};

async function attempt(call: HttpCall, options: Attempt): Promise<Outcome> {
  const name = `${call.method} ${call.path}`;
  const answer = await exchange(call, options).catch((thrown: unknown) => ({ thrown }));
  options.signal.throwIfAborted();
  if ('thrown' in answer) {
    return { error: networkError(name, answer.thrown), isWorthRetrying: isBroken(answer.thrown) };
  }
  const { status, text, retryAfter } = answer;
  if (status >= 200 && status < 300) return { value: parse(name, text) };
  if (status === 404 && call.method === 'DELETE') return { value: undefined };
  const retryAfterMs = parseRetryAfter(retryAfter, options.clock.now());
  // A server may quote what it was sent.
  const shown = options.token ? text.replaceAll(options.token, '***') : text;
  return {
    error: answerError(options.api, name, { status, text: shown, retryAfterMs }),
    retryAfterMs,
    isWorthRetrying: passingStatuses.has(status),
  };
}

async function exchange({ method, path, body }: HttpCall, { api, address, token, dispatcher, signal }: Attempt) {
  const answer = await request(address.replace(/\/+$/, '') + path, {
    method,
    headers: { ...(token && api.authorize(token)), accept: 'application/json', ...(body && jsonBody) },
    body: body && JSON.stringify(body),
    dispatcher,
    signal,
  });
  const retryAfter = answer.headers['retry-after']?.toString();
  return { status: answer.statusCode, text: await answer.body.text(), retryAfter };
}

const jsonBody = { 'content-type': 'application/json' };

function parse(name: string, text: string): unknown {
  try {
    return text === '' ? undefined : JSON.parse(text);
  } catch (thrown) {
    throw shapeError(name, thrown);
  }
}
