import { setTimeout as wait } from 'node:timers/promises';
import { Agent, type Dispatcher, request } from 'undici';

/** What came of a request; `status` is 0 where nothing did. */
export type Answer = {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: string;
};

/** Requests to one address without an end. */
export type Load = {
  /** Of a moment: what has begun by then is not counted from it. */
  readonly mark: () => number;
  /** What was not answered with 200, of the requests that began since then; absent: of all. */
  readonly failures: (mark?: number) => readonly string[];
  /** How many were answered with 200 that began since then. */
  readonly answered: (mark: number) => number;
  /** The last answer. */
  readonly last: () => Answer | undefined;
  readonly close: () => Promise<void>;
};

const callers = 4;
/** Between two requests of a caller, so that others have the machine too. */
const pauseMs = 10;

/** What is sent; absent: GET without a body. */
export type Sent = {
  readonly method?: Dispatcher.HttpMethod;
  readonly headers?: Readonly<Record<string, string | undefined>>;
  readonly body?: string;
};

export function startLoad(url: string, sent: Sent = {}): Load {
  const dispatcher = new Agent();
  const failures: { readonly begun: number; readonly what: string }[] = [];
  const right: number[] = [];
  let [begun, isOver] = [0, false];
  let last: Answer | undefined;
  const callOnce = async (own: number) => {
    last = await ask(url, { ...sent, dispatcher });
    if (last.status === 200) right.push(own);
    else failures.push({ begun: own, what: `${last.status} ${last.body}` });
  };
  const calling = Array.from({ length: callers }, async () => {
    while (!isOver) {
      begun += 1;
      await callOnce(begun);
      await wait(pauseMs);
    }
  });
  return {
    mark: () => begun,
    failures: (mark = 0) => failures.flatMap((one) => (one.begun > mark ? one.what : [])),
    answered: (mark) => right.filter((one) => one > mark).length,
    last: () => last,
    close: async () => {
      isOver = true;
      await Promise.all(calling);
      await dispatcher.close();
    },
  };
}

async function ask(url: string, sent: Sent & { readonly dispatcher: Dispatcher }): Promise<Answer> {
  try {
    const { statusCode, headers, body } = await request(url, { method: 'GET', ...sent });
    return { status: statusCode, headers, body: await body.text() };
  } catch (thrown) {
    return { status: 0, headers: {}, body: String(thrown) };
  }
}
