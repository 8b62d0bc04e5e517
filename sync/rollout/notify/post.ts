import { Client } from 'undici';
import { createConnector } from '#io/proxy/connections';
import { stoppedAfter } from '#io/signals';

export type Posting = {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** For the whole call: to connect, and for the head of the answer. */
  readonly timeoutMs: number;
};

/** The head of an answer; nobody reads the rest. */
export type Posted = {
  readonly status: number;
  readonly date?: string;
  readonly retryAfter?: string;
  /** Where a redirect leads, which is not followed. */
  readonly location?: string;
};

/** Sends the body once, through a proxy where one is on the way, and hangs up once the status is known. Rejects with what undici throws, or the signal's reason. */
export async function post({ url, headers, body, timeoutMs }: Posting, signal: AbortSignal): Promise<Posted> {
  const { origin, pathname, search } = new URL(url);
  const client = new Client(origin, { connect: createConnector({ timeout: timeoutMs }) });
  const call = { method: 'POST', path: pathname + search, headers, body } as const;
  try {
    return await stoppedAfter(
      async (own) => {
        const answer = await client.request({ ...call, signal: own.signal });
        // Who hangs up hears of it.
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
