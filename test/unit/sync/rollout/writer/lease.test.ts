import { mkdtempSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import fs from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { describeHolder, isOfDead, takeLease } from '#sync/rollout/writer/lease';

let folder: string;
let path: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'kong-privatelink-'));
  path = join(folder, 'writer');
});

afterEach(() => {
  jest.restoreAllMocks();
  rmSync(folder, { recursive: true });
});

const text = () => readFileSync(path, 'utf8');

async function take() {
  const lease = await takeLease(path, 0);
  if (!lease) throw new Error('there is a file');
  return lease;
}

describe('a lease', () => {
  it('has one holder', async () => {
    const lease = await take();

    await expect(takeLease(path, 0)).resolves.toBeUndefined();
    expect(lease.isOurs()).toBe(true);
    await lease.end();
    expect(readdirSync(folder)).toEqual([]);
  });

  it('is renewed and ended in its own file alone, even if another file is at its path now', async () => {
    const former = await take();
    renameSync(path, `${path}.aside`);
    const latter = await take();
    const before = text();

    // The process stood still between its look at the file and its write.
    await former.renew();
    const isOurs = [former.isOurs(), latter.isOurs()];
    await former.end();

    expect(isOurs).toEqual([false, true]);
    expect(text()).toBe(before);
    await latter.end();
    expect(readdirSync(folder)).toEqual(['writer.aside']);
  });

  it('replaces another lease, whose process finds out', async () => {
    const former = await take();
    const latter = await takeLease(`${path}.claim`, 0);
    const isTaken = await latter?.replace(path);
    await former.renew();

    expect([isTaken, former.isOurs(), latter?.isOurs()]).toEqual([true, false, true]);
    await former.end();
    expect(readdirSync(folder)).toEqual(['writer']);
    await latter?.end();
    expect(readdirSync(folder)).toEqual([]);
  });

  it('is also in place after a late process has put an equal claim there', async () => {
    const claimed = `${path}.claim`;
    const late = await takeLease(claimed, 0);
    const other = await takeLease(`${claimed}.claim`, 0);
    await other?.replace(claimed);

    const isOfLate = await late?.replace(path);
    const isOfOther = await other?.replace(path);

    expect([isOfLate, isOfOther]).toEqual([false, true]);
    await late?.end();
    expect(readdirSync(folder)).toEqual(['writer']);
    await other?.end();
    expect(readdirSync(folder)).toEqual([]);
  });

  it('belongs to a live process while this process holds it, and to a dead process afterwards', async () => {
    const lease = await take();
    const held = text();
    const isDead = isOfDead(held);
    await lease.end();

    expect([isDead, isOfDead(held)]).toEqual([false, true]);
  });
});

describe('a full disk', () => {
  it('leaves no file that makes others wait', async () => {
    const { open } = fs;
    jest.spyOn(fs, 'open').mockImplementation(async (...args) => {
      const handle = await open(...args);
      jest.spyOn(handle, 'write').mockRejectedValue(Object.assign(new Error('no space left'), { code: 'ENOSPC' }));
      return handle;
    });

    await expect(takeLease(path, 0)).rejects.toMatchObject({ code: 'ENOSPC' });
    expect(readdirSync(folder)).toEqual([]);
  });
});

describe('the holder of a lease', () => {
  const holder = { id: 'x', pid: 12, host: 'a\u001b[31mb', startedAt: '2026-11-29T19:00:00.000Z' };

  it.each([
    [JSON.stringify(holder), 'process 12 on host a\\u001b[31mb (since 2026-11-29T19:00:00.000Z)'],
    [JSON.stringify({ ...holder, pid: 'x' }), 'an unknown process'],
    ['damaged', 'an unknown process'],
  ])('is described for %j as %s', (content, told) => {
    expect(describeHolder(content)).toBe(told);
  });
});
