import { getEventListeners } from 'node:events';
import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import { concurrently } from '#io/concurrently';

const { signal } = new AbortController();

describe('concurrently', () => {
  it('returns the results in the order of the items, and never exceeds its limit', async () => {
    let running = 0;
    let most = 0;
    const work = async (item: number) => {
      running += 1;
      most = Math.max(most, running);
      for (let turns = item; turns > 0; turns -= 1) await Promise.resolve();
      running -= 1;
      return item * 10;
    };

    const results = await concurrently([5, 1, 3, 0, 2], { limit: 2, signal }, work);

    expect(results).toEqual([50, 10, 30, 0, 20]);
    expect(most).toBe(2);
  });

  it('starts nothing after a rejection', async () => {
    const started: number[] = [];
    const items = Array.from({ length: 100 }, (_, index) => index);
    const work = async (item: number) => {
      started.push(item);
      if (item === 3) throw new Error('no');
      await turn();
    };

    await expect(concurrently(items, { limit: 4, signal }, work)).rejects.toThrow('no');
    await turn();

    expect(started).toEqual([0, 1, 2, 3]);
  });

  it('aborts the running work at the first rejection, and rejects with that', async () => {
    const reasons: unknown[] = [];
    const work = (item: string, own: AbortSignal) => {
      if (item === 'fails') return Promise.reject(new Error('first'));
      return new Promise<void>((_, reject) => {
        own.addEventListener('abort', () => {
          reasons.push(own.reason);
          reject(new Error('later'));
        });
      });
    };

    await expect(concurrently(['waits', 'fails'], { limit: 2, signal }, work)).rejects.toThrow('first');

    expect(reasons).toEqual([new Error('first')]);
  });

  it('passes an abort on to the work, which decides its results, and leaves no listener on the signal', async () => {
    const stopping = new AbortController();
    const work = async (item: string, own: AbortSignal) => {
      if (item === 'stops') stopping.abort();
      return `${item} ${own.aborted}`;
    };

    const results = await concurrently(['before', 'stops', 'after'], { limit: 1, signal: stopping.signal }, work);

    expect(results).toEqual(['before false', 'stops true', 'after true']);
    expect(getEventListeners(stopping.signal, 'abort')).toEqual([]);
  });
});
