import { getEventListeners } from 'node:events';
import { describe, expect, it } from '@jest/globals';
import { withOwnSignal } from '#io/signals';

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

  it('leaves nothing on the given signal, and does not abort it', async () => {
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
