import { getEventListeners } from 'node:events';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { withinDeadline } from '#io/within-deadline';

const never = () => new Promise<never>(() => {});
const deadlineOf = (signal: AbortSignal) => ({ signal, timeoutMs: 5_000, asked: 'scope a' });

beforeEach(() => {
  jest.useFakeTimers();
});

afterEach(() => {
  jest.useRealTimers();
});

describe('withinDeadline', () => {
  it('says who did not answer when the time is over, and stops the work', async () => {
    let given: AbortSignal | undefined;
    const late = withinDeadline((own) => {
      given = own;
      return never();
    }, deadlineOf(new AbortController().signal));
    jest.advanceTimersByTime(5_000);

    await expect(late).rejects.toMatchObject({
      code: 'TIMEOUT',
      message: expect.stringContaining('scope a did not answer within 5 s'),
    });
    expect(given?.aborted).toBe(true);
  });

  it('rejects with the reason of the signal while the work goes on', async () => {
    const stopping = new AbortController();
    const stopped = withinDeadline(never, deadlineOf(stopping.signal));
    stopping.abort('stop');

    await expect(stopped).rejects.toBe('stop');
  });

  it('does not begin when the signal is aborted', async () => {
    const work = jest.fn(never);

    await expect(withinDeadline(work, deadlineOf(AbortSignal.abort('stop')))).rejects.toBe('stop');
    expect(work).not.toHaveBeenCalled();
  });

  it.each([
    ['answers', async () => 'done'],
    ['fails', async () => Promise.reject(new Error('no'))],
  ])('leaves no timer, and nothing on a signal that never aborts, when the work %s', async (_, work) => {
    const { signal } = new AbortController();

    await withinDeadline(work, deadlineOf(signal)).catch(() => {});

    expect(jest.getTimerCount()).toBe(0);
    expect(getEventListeners(signal, 'abort')).toEqual([]);
  });
});
