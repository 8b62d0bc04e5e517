import type { Dispatcher } from 'undici';
import { failureLineOf } from './ask';

/** Limit for a body that nobody reads. */
const maxBytes = 64 * 1_024;

export type SentRequest = {
  readonly url: string;
  readonly method: Dispatcher.HttpMethod;
  readonly headers: Readonly<Record<string, string>>;
  /** Time for the answer, after the connection. */
  readonly timeoutMs: number;
};

/**
 * Result of a request: a status; or a connection without an answer; or no connection, because DNS,
 * the network or TLS failed.
 */
export type Outcome = { readonly status: number } | { readonly silence: string } | { readonly unreachable: string };

/**
 * Sends one request and keeps only the status; does not follow redirects. Rejects only with the
 * signal's reason.
 */
export function sendRequest(request: SentRequest, dispatcher: Dispatcher, signal: AbortSignal): Promise<Outcome> {
  const { method, headers, timeoutMs } = request;
  const { origin, pathname, search } = new URL(request.url);
  const exchange = new Promise<Outcome>((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason);
    let running: Dispatcher.DispatchController | undefined;
    let timer: NodeJS.Timeout | undefined;
    let status: number | undefined;
    let bytes = 0;
    const settle = (end: () => void) => {
      clearTimeout(timer);
      signal.removeEventListener('abort', onAbort);
      end();
    };
    const onAbort = () => {
      settle(() => reject(signal.reason));
      running?.abort(signal.reason);
    };
    const end = (without: Outcome) => settle(() => resolve(status === undefined ? without : { status }));
    const hangUp = (without: string) => {
      end({ silence: without });
      running?.abort(new Error(without));
    };
    signal.addEventListener('abort', onAbort, { once: true });
    dispatcher.dispatch(
      { origin, path: pathname + search, method, headers },
      {
        onRequestStart: (controller) => {
          running = controller;
          if (signal.aborted) return controller.abort(signal.reason);
          timer = setTimeout(() => hangUp(`no answer in ${timeoutMs / 1_000} s`), timeoutMs).unref();
        },
        onResponseStart: (_, code) => {
          // Lower codes only announce the answer.
          if (code >= 200) status = code;
        },
        onResponseData: (_, { length }) => {
          bytes += length;
          if (bytes > maxBytes) hangUp('a body without end');
        },
        onResponseEnd: () => end({ silence: 'no answer' }),
        onResponseError: (_, thrown) =>
          end(running ? { silence: `no answer (${failureLineOf(thrown)})` } : { unreachable: failureLineOf(thrown) }),
      },
    );
  });
  return exchange.catch((thrown: unknown) => {
    signal.throwIfAborted();
    return { unreachable: failureLineOf(thrown) };
  });
}
