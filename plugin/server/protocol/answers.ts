import { PrivatelinkError } from '#core/errors';
import type { PdkCall } from './kong';

/** Kong's outstanding answers on a connection. Answers come in the order of the calls. */
export type Answers = {
  /** The next frame is an answer. */
  readonly areExpected: () => boolean;
  /** Records a call. Nobody waits for its answer, unless the caller awaits the result. */
  readonly expect: (call: PdkCall) => PromiseLike<unknown>;
  readonly take: (bytes: Buffer, at: number, end: number) => void;
  /** No more answers come: ends every wait. */
  readonly fail: () => void;
};

type Waiter = { readonly answer: (bytes: Buffer) => void; readonly fail: () => void };

/** Kong answers a call at once or hangs up. */
const timeoutMs = 10_000;

/**
 * `onWait` is called when somebody waits, so that the calls must be written. `onTimeout` is called
 * when the wait was in vain.
 */
export function createAnswers(onWait: () => void, onTimeout: () => void): Answers {
  const waiters = new Map<number, Waiter>();
  let called = 0;
  let answered = 0;

  function wait(index: number, { method, parseAnswer }: PdkCall): Promise<unknown> {
    if (index < answered) return Promise.reject(lost(method));
    onWait();
    const timer = setTimeout(onTimeout, timeoutMs).unref();
    return new Promise((resolve, reject) => {
      waiters.set(index, { answer: (bytes) => resolve(parseAnswer(bytes)), fail: () => reject(lost(method)) });
    }).finally(() => clearTimeout(timer));
  }

  function expect(call: PdkCall): PromiseLike<unknown> {
    const index = called;
    called += 1;
    // biome-ignore lint/suspicious/noThenProperty: an await shows that somebody needs the answer.
    return { then: (onAnswer, onError) => wait(index, call).then(onAnswer, onError) };
  }

  function take(bytes: Buffer, at: number, end: number): void {
    const index = answered;
    answered += 1;
    if (waiters.size === 0) return;
    const waiter = waiters.get(index);
    waiters.delete(index);
    waiter?.answer(bytes.subarray(at, end));
  }

  function fail(): void {
    answered = called;
    for (const waiter of waiters.values()) waiter.fail();
    waiters.clear();
  }

  return { areExpected: () => answered < called, expect, take, fail };
}

function lost(method: string): PrivatelinkError {
  const reason = `${method}: its answer did not come, or came too early`;
  return new PrivatelinkError(reason, { code: 'UNREACHABLE', fix: undefined });
}
