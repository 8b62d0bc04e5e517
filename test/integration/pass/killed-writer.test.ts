import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { writeIfChanged } from '#io/files';

/** Compiled: `npm test` builds it first. */
const compiled = resolve(__dirname, '../../../dist/io/files.js');

let folder: string;
let path: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'kong-privatelink-'));
  path = join(folder, 'file');
});

afterEach(() => rmSync(folder, { recursive: true }));

/**
 * A process that is killed after it wrote the new text and before it replaced the old file.
 */
function writeAndDie() {
  const dying = `require('node:fs/promises').rename = () => process.kill(process.pid, 'SIGKILL')`;
  const writing = `require(process.argv[1]).writeIfChanged(process.argv[2], 'after')`;
  return spawnSync(process.execPath, ['-e', `${dying}; ${writing}`, compiled, path]).signal;
}

describe('a process that is killed during the write of a file', () => {
  it('fm-52 leaves the old file intact, and its temporary file leaves once an hour old', async () => {
    writeFileSync(path, 'before');

    const signal = writeAndDie();
    const [text, left] = [readFileSync(path, 'utf8'), readdirSync(folder).filter((name) => name !== 'file')];
    const [leftover = ''] = left.map((name) => join(folder, name));
    const mode = statSync(leftover).mode & 0o777;
    utimesSync(leftover, 0, 0);
    await writeIfChanged(path, 'next');

    expect([signal, text, left.length, mode]).toEqual(['SIGKILL', 'before', 1, 0o600]);
    expect([readFileSync(path, 'utf8'), readdirSync(folder)]).toEqual(['next', ['file']]);
  });
});

describe('an output of the process', () => {
  it('is written to, even if it is a pipe', () => {
    // Nothing in /proc can be replaced. Root could replace a link in /dev.
    const write = `require(${JSON.stringify(compiled)}).writeIfChanged('/proc/self/fd/1', 'after')`;
    const piped = ['-c', '"$0" -e "$1" | cat', process.execPath, write];

    const { stdout, stderr } = spawnSync('/bin/sh', piped, { encoding: 'utf8' });

    expect([stdout, stderr]).toEqual(['after', '']);
  });
});
