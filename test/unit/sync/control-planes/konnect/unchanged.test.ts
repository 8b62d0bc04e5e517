import { describe, expect, it } from '@jest/globals';
import { rememberUnchanged } from '#sync/control-planes/konnect/unchanged';

const signal = new AbortController().signal;

/** Reads again and again over these versions; returns how often the content was read. */
async function readsWith(versions: readonly (string | undefined)[], stepMs = 1_000): Promise<number> {
  let reads = 0;
  let nowMs = 0;
  const left = [...versions];
  const { read } = rememberUnchanged({
    read: async () => {
      reads += 1;
      return reads;
    },
    readVersion: async () => left.shift(),
    monotonicMs: () => nowMs,
  });
  await read(signal);
  while (left.length > 0) {
    nowMs += stepMs;
    await read(signal);
  }
  return reads;
}

describe('rememberUnchanged', () => {
  it('reads no version on the first call, because one-shot commands end there', async () => {
    const readVersion = () => Promise.reject(new Error('was asked'));

    const { read } = rememberUnchanged({ read: async () => 1, readVersion, monotonicMs: () => 0 });

    await expect(read(signal)).resolves.toBe(1);
  });

  it.each([
    ['once more, and not again, while the version stays', ['a', 'a', 'a'], 2],
    ['again when the version changes', ['a', 'b', 'b'], 3],
    ['every time while there is no version', [undefined, undefined, undefined], 4],
    ['again when a version appears', [undefined, 'a', 'a'], 3],
  ])('reads %s', async (_, versions, reads) => {
    await expect(readsWith(versions)).resolves.toBe(reads);
  });

  it('reads again after ten minutes, because a version may lag', async () => {
    await expect(readsWith(['a', 'a', 'a'], 300_000)).resolves.toBe(3);
  });

  it('reads again after an own write, even if the version lags', async () => {
    const answers = ['before', 'before', 'after', 'newest'];
    const { read, forget } = rememberUnchanged({
      read: async () => answers.shift(),
      readVersion: async () => 'a',
      monotonicMs: () => 0,
    });
    await read(signal);
    await read(signal);

    forget();

    await expect(read(signal)).resolves.toBe('after');
    await expect(read(signal)).resolves.toBe('after');
  });

  it('keeps nothing of a failed call', async () => {
    const answers = [async () => 1, () => Promise.reject(new Error('down')), async () => 3];
    const { read } = rememberUnchanged({
      read: () => (answers.shift() ?? (async () => 4))(),
      readVersion: async () => 'a',
      monotonicMs: () => 0,
    });
    await read(signal);

    await expect(read(signal)).rejects.toThrow('down');
    await expect(read(signal)).resolves.toBe(3);
  });
});
