import { Client } from 'undici';
import { createConnector } from '#io/proxy/connections';
import { stoppedAfter } from '#io/signals';

export type Posting = {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** For the whole call: the connection and the head of the answer. */
  readonly timeoutMs: number;
};

/** The head of an answer. The body is ignored. */
export type Posted = {
  readonly status: number;
  readonly date?: string;
  readonly retryAfter?: string;
  /** Target of a redirect, which is not followed. */
  readonly location?: string;
};

/**
 * Posts the body once, through a proxy if there is one, and closes the connection when the status
 * is known. Rejects with undici's error, or the signal's reason.
 */
export async function post({ url, headers, body, timeoutMs }: Posting, signal: AbortSignal): Promise<Posted> {
  const { origin, pathname, search } = new URL(url);
  const client = new Client(origin, { connect: createConnector({ timeout: timeoutMs }) });
  const call = { method: 'POST', path: pathname + search, headers, body } as const;
  try {
    return await stoppedAfter(
      async (own) => {
        const answer = await client.request({ ...call, signal: own.signal });
        // A closed connection makes the body emit an error.
        answer.body.on('error', () => undefined);
        const { date, location, 'retry-after': retryAfter } = answer.headers;
        return {
          status: answer.statusCode,
          date: date?.toString(),
          retryAfter: retryAfter?.toString(),
          location: location?.toString(),
        };
      },
      { signal, timeoutMs, late: () => lateness(timeoutMs) },
    );
  } finally {
    await client.destroy();
  }
}

function lateness(timeoutMs: number): Error {
  return Object.assign(new Error(`nothing came within ${timeoutMs / 1_000} s`), { code: 'ETIMEDOUT' });
}
