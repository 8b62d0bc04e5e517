import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { withElapsed } from '#io/terminal';

beforeEach(() => {
  jest.useFakeTimers();
});

afterEach(() => {
  jest.useRealTimers();
});

/** Work of so many seconds, and the output that a person reads meanwhile. */
async function wait(seconds: number, isTerminal = true): Promise<string> {
  let text = '';
  const err = (more: string) => {
    text += more;
  };
  const terminal = { env: {}, out: () => {}, err, isTerminal };
  const work = () => new Promise((resolve) => setTimeout(resolve, seconds * 1_000 + 500));
  const done = withElapsed(terminal, 'discovering', work);
  await jest.advanceTimersByTimeAsync(seconds * 1_000 + 500);
  await done;
  return text;
}

describe('withElapsed', () => {
  it.each([
    [1, true, ''],
    [3, true, '\rdiscovering, 2 s\rdiscovering, 3 s\n'],
    [1, false, ''],
    [3, false, 'discovering\n'],
  ])('after %d s, with a person there %s, has said %j', async (seconds, isTerminal, text) => {
    expect(await wait(seconds, isTerminal)).toBe(text);
  });

  it.each([true, false])('leaves no timer behind when the work fails, with a person there %s', async (isTerminal) => {
    const terminal = { env: {}, out: () => {}, err: () => {}, isTerminal };

    await expect(withElapsed(terminal, 'discovering', () => Promise.reject(new Error('no')))).rejects.toThrow('no');

    expect(jest.getTimerCount()).toBe(0);
  });
});
