import { Agent, type Dispatcher } from 'undici';
import { quoteOf, redirectWords } from '#core/errors';
import { printable } from '#core/printable';
import { createConnector } from '#io/proxy/connections';
import { failureWordsOf } from '#io/tls-failures';
import { exchange } from '../../control-planes/kong-api/exchange';

/** To connect, for each of proxy and TLS. */
const connectMs = 10_000;

/** An answer to people's own question, or about one node, has a thousandth of it. */
const maxBytes = 2 ** 20;

export type JsonQuestion = {
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent by POST; absent: GET. */
  readonly body?: string;
};

/** What came back, or why nothing did that could be read. */
export type JsonAnswer = { readonly status: number; readonly body: unknown } | { readonly problem: string };

/** Asks for JSON. Rejects with the signal's reason alone. */
export type AskJson = (question: JsonQuestion, signal: AbortSignal) => Promise<JsonAnswer>;

/**
 * Connects through the product's proxies, anew for each request: behind one address there may be several data planes, of which a connection
 * that is kept reaches one, and a server that closes it in between would look like one that fails.
 */
export function openDispatcher(): Dispatcher {
  return new Agent({
    pipelining: 0,
    headersTimeout: 0,
    bodyTimeout: 0,
    connect: createConnector({ timeout: connectMs }),
  });
}

/** Gives what asks; `callTimeoutMs` is for a call as a whole. */
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

/** Why a connection or an answer did not come, in one line. */
export function failureLineOf(thrown: unknown): string {
  return printable(quoteOf(failureWordsOf(thrown)));
}

/** How messages name an address: its query may be secret. */
export function shownUrl(url: string): string {
  const { origin, pathname } = new URL(url);
  return origin + pathname;
}

/** What is written once for all stages, for one of them. */
export function forStage(text: string, stage: string): string {
  return text.replaceAll('{stage}', stage);
}

/** Of those that are for one stage or for all, those for this one. */
export function ofStage<T extends { readonly stage?: string }>(all: readonly T[], stage: string): readonly T[] {
  return all.filter((one) => one.stage === undefined || one.stage === stage);
}
