import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { makeFolder, writeFix, writeIfChanged } from '#io/files';

let folder: string;
let path: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'write-file-'));
  path = join(folder, 'file');
});

afterEach(() => rmSync(folder, { recursive: true }));

/** Linux's device that is always full. */
const fullDisk = '/dev/full';
const itWithFullDisk = existsSync(fullDisk) ? it : it.skip;

describe('writeIfChanged', () => {
  it('replaces the file as a whole, and tells whether it wrote', async () => {
    writeFileSync(path, 'before');

    expect([await writeIfChanged(path, 'after'), await writeIfChanged(path, 'after')]).toEqual([true, false]);
    expect(readFileSync(path, 'utf8')).toBe('after');
    expect(readdirSync(folder)).toEqual(['file']);
  });

  itWithFullDisk('keeps what was there, and leaves nothing beside it, when the disk is full', async () => {
    writeFileSync(path, 'before');
    symlinkSync(fullDisk, `${path}.${process.pid}.tmp`);

    const thrown: unknown = await writeIfChanged(path, 'after').catch((reason: unknown) => reason);

    expect(thrown).toMatchObject({ code: 'ENOSPC' });
    expect(writeFix(thrown, 'make it writable')).toBe('free space on its disk');
    expect(readFileSync(path, 'utf8')).toBe('before');
    expect(readdirSync(folder)).toEqual(['file']);
  });
});

describe('makeFolder', () => {
  it('makes a folder and those above it, for this user alone', async () => {
    const nested = join(folder, 'one', 'two');

    await makeFolder(nested);
    await makeFolder(nested);

    expect(statSync(nested).mode & 0o777).toBe(0o700);
  });

  it('gives up where the system has no room for folders, instead of trying for ever', async () => {
    await expect(makeFolder('/proc/kong-privatelink/state')).rejects.toThrow(/ENOENT|EACCES|EROFS|EPERM/);
  });
});
