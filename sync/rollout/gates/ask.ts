import { Agent, type Dispatcher } from 'undici';
import { quoteOf, redirectWords } from '#core/errors';
import { printable } from '#core/printable';
import { createConnector } from '#io/proxy/connections';
import { failureWordsOf } from '#io/tls-failures';
import { exchange } from '../../control-planes/kong-api/exchange';

/** For the connection: to the proxy, and for TLS, each. */
const connectMs = 10_000;

/** A normal answer has a thousandth of this. */
const maxBytes = 2 ** 20;

export type JsonQuestion = {
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent by POST. Absent: GET. */
  readonly body?: string;
};

/** The answer, or why no readable answer came. */
export type JsonAnswer = { readonly status: number; readonly body: unknown } | { readonly problem: string };

/** Asks for JSON. Rejects only with the signal's reason. */
export type AskJson = (question: JsonQuestion, signal: AbortSignal) => Promise<JsonAnswer>;

/**
 * Opens a new connection for each request, through the product's proxies. One address may have
 * several data planes, and a kept connection reaches only one of them. A server that closes a kept
 * connection would also look like a failing one.
 */
export function openDispatcher(): Dispatcher {
  return new Agent({
    pipelining: 0,
    headersTimeout: 0,
    bodyTimeout: 0,
    connect: createConnector({ timeout: connectMs }),
  });
}

/** Returns the function that asks. `callTimeoutMs` covers a whole call. */
export function createAsk(dispatcher: Dispatcher, callTimeoutMs = 10_000): AskJson {
  return async ({ url, headers = {}, body }, signal) => {
    const { origin, pathname, search } = new URL(url);
    const call = {
      ...({ origin, path: pathname + search, method: body === undefined ? 'GET' : 'POST' } as const),
      headers: { ...headers, accept: 'application/json' },
      body,
    };
    const answer = await exchange(call, { dispatcher, callTimeoutMs, maxBytes }, signal).catch((thrown: unknown) => ({
      problem: failureLineOf(thrown),
    }));
    signal.throwIfAborted();
    if ('problem' in answer) return answer;
    const redirect = redirectWords(answer.status, answer.location);
    return redirect ? { problem: `${answer.status}: ${redirect}` } : bodyOf(answer);
  };
}

function bodyOf({ status, text }: { readonly status: number; readonly text: string }): JsonAnswer {
  try {
    return { status, body: JSON.parse(text) };
  } catch {
    const quoted = printable(text.slice(0, 60).trim());
    return { problem: `it answered ${status} without JSON${quoted ? `: ${quoted}` : ''}` };
  }
}

/** Why a connection failed or an answer did not come, in one line. */
export function failureLineOf(thrown: unknown): string {
  return printable(quoteOf(failureWordsOf(thrown)));
}

/** Returns the address for messages, without its query, which may be secret. */
export function shownUrl(url: string): string {
  const { origin, pathname } = new URL(url);
  return origin + pathname;
}

/** Replaces `{stage}` by the name of the stage. */
export function forStage(text: string, stage: string): string {
  return text.replaceAll('{stage}', stage);
}

/** Keeps the entries for this stage and for all stages. */
export function ofStage<T extends { readonly stage?: string }>(all: readonly T[], stage: string): readonly T[] {
  return all.filter((one) => one.stage === undefined || one.stage === stage);
}
