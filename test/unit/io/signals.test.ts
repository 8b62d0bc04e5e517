import { getEventListeners } from 'node:events';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { PrivatelinkError } from '#core/errors';
import { stoppedAfter, withinDeadline, withOwnSignal } from '#io/signals';

const never = () => new Promise<never>(() => {});
const deadlineOf = (signal: AbortSignal) => ({ signal, timeoutMs: 5_000, asked: 'scope a' });

describe('withOwnSignal', () => {
  it.each([true, false])('aborts with the reason of the given signal (aborted before: %s)', async (isBefore) => {
    const stopping = new AbortController();
    if (isBefore) stopping.abort('stop');

    const reason = await withOwnSignal(stopping.signal, async ({ signal }) => {
      if (!isBefore) stopping.abort('stop');
      return signal.reason;
    });

    expect(reason).toBe('stop');
  });

  it('leaves no listener on the given signal, and does not abort it', async () => {
    const { signal } = new AbortController();

    const failing = withOwnSignal(signal, async (own) => {
      own.abort();
      throw new Error('no');
    });

    await expect(failing).rejects.toThrow('no');
    expect(signal.aborted).toBe(false);
    expect(getEventListeners(signal, 'abort')).toEqual([]);
  });
});

describe('withinDeadline', () => {
  beforeEach(() => {
    jest.useFakeTimers();
  });

  afterEach(() => {
    jest.useRealTimers();
  });

  it('names the silent party when the time is over, and stops the work', async () => {
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

  it('does not begin when the signal is already aborted', async () => {
    const work = jest.fn(never);

    await expect(withinDeadline(work, deadlineOf(AbortSignal.abort('stop')))).rejects.toBe('stop');
    expect(work).not.toHaveBeenCalled();
  });

  it.each([
    ['answers', async () => 'done'],
    ['fails', async () => Promise.reject(new Error('no'))],
  ])('leaves no timer, and no listener on a signal that never aborts, when the work %s', async (_, work) => {
    const { signal } = new AbortController();

    await withinDeadline(work, deadlineOf(signal)).catch(() => {});

    expect(jest.getTimerCount()).toBe(0);
    expect(getEventListeners(signal, 'abort')).toEqual([]);
  });
});

describe('stoppedAfter', () => {
  it('stops the work when the time is over, and waits until it has ended', async () => {
    jest.useFakeTimers();
    const late = () => new PrivatelinkError('too late', { code: 'TIMEOUT', fix: undefined });
    const { signal } = new AbortController();
    let hasEnded = false;
    const working = stoppedAfter(
      async (own) => {
        await new Promise((end) => own.signal.addEventListener('abort', () => setTimeout(end, 1_000)));
        hasEnded = true;
        throw own.signal.reason;
      },
      { signal, timeoutMs: 5_000, late },
    );
    const rejection = expect(working).rejects.toThrow('too late');

    await jest.advanceTimersByTimeAsync(5_999);
    const before = hasEnded;
    await jest.advanceTimersByTimeAsync(1);

    await rejection;
    expect([before, hasEnded]).toEqual([false, true]);
    expect(getEventListeners(signal, 'abort')).toEqual([]);
    jest.useRealTimers();
  });

  it('leaves no timer behind', async () => {
    jest.useFakeTimers();
    const { signal } = new AbortController();
    const late = () => new Error('too late');

    await expect(stoppedAfter(async () => 7, { signal, timeoutMs: 5_000, late })).resolves.toBe(7);

    expect(jest.getTimerCount()).toBe(0);
    jest.useRealTimers();
  });
});
