import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { watchFiles } from '#sync/watch/reload';

let folder: string;
let stop: AbortController;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'reload-'));
  stop = new AbortController();
  jest.useFakeTimers();
});

afterEach(() => {
  stop.abort();
  jest.useRealTimers();
  rmSync(folder, { recursive: true });
});

describe('watchFiles', () => {
  it.each<[string, (paths: string[], path: string) => unknown, number]>([
    ['nothing changes', () => {}, 0],
    ['one file changes', (_, path) => writeFileSync(path, 'after'), 1],
    ['one file is gone', (_, path) => rmSync(path), 1],
    ['one file is added', (paths, path) => paths.push(`${path}.more`), 1],
  ])('reports once when %s', (_, change, calls) => {
    const paths = ['a', 'b'].map((name) => join(folder, name));
    for (const path of paths) writeFileSync(path, 'before');
    const onChange = jest.fn();
    watchFiles(() => paths, onChange, stop.signal);

    change(paths, join(folder, 'b'));
    jest.advanceTimersByTime(5_000);

    expect(onChange).toHaveBeenCalledTimes(calls);
  });

  it('ends with the signal', () => {
    watchFiles(() => [join(folder, 'a')], jest.fn(), stop.signal);

    stop.abort();

    expect(jest.getTimerCount()).toBe(0);
  });
});
