import { execFileSync } from 'node:child_process';
import crypto from 'node:crypto';
import { once } from 'node:events';
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import fs from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { makeFolder, readStartNow, writeFix, writeIfChanged } from '#io/files';

let folder: string;
let path: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'write-file-'));
  path = join(folder, 'file');
});

afterEach(() => {
  jest.restoreAllMocks();
  rmSync(folder, { recursive: true });
});

const hourMs = 3_600_000;
const open = fs.open;

/** The calls to the file system in order: names of files, and the operation on each. */
function recordSteps(): readonly string[] {
  const steps: string[] = [];
  const nameOf = (at: string) => (at === folder ? 'folder' : basename(at).replace(/\.[0-9a-f]{16}\./, '.RANDOM.'));
  jest.spyOn(fs, 'open').mockImplementation(async (at, flags, mode) => {
    const handle = await open(at, flags, mode);
    const [sync, name] = [handle.sync.bind(handle), nameOf(String(at))];
    steps.push(`open ${name} ${flags} ${mode?.toString(8) ?? ''}`.trimEnd());
    handle.sync = async () => {
      await sync();
      steps.push(`sync ${name}`);
    };
    return handle;
  });
  const rename = fs.rename;
  jest.spyOn(fs, 'rename').mockImplementation(async (from, to) => {
    await rename(from, to);
    steps.push(`rename ${nameOf(String(from))} ${nameOf(String(to))}`);
  });
  return steps;
}

/** A disk that takes half of each text. */
function fillDisk(): void {
  jest.spyOn(fs, 'open').mockImplementation(async (...args) => {
    const handle = await open(...args);
    const write = handle.writeFile.bind(handle);
    handle.writeFile = async (text) => {
      await write(String(text).slice(0, 2));
      throw Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' });
    };
    return handle;
  });
}

/** Leaves the temporary file of a process that was killed during its write. */
function leave(random: string, ageMs: number): string {
  const leftover = `${path}.${random}.tmp`;
  writeFileSync(leftover, 'half');
  const atSeconds = (Date.now() - ageMs) / 1_000;
  utimesSync(leftover, atSeconds, atSeconds);
  return basename(leftover);
}

describe('writeIfChanged', () => {
  it('replaces the whole file, and returns whether it wrote', async () => {
    writeFileSync(path, 'before');

    expect([await writeIfChanged(path, 'after'), await writeIfChanged(path, 'after')]).toEqual([true, false]);
    expect(readFileSync(path, 'utf8')).toBe('after');
    expect(readdirSync(folder)).toEqual(['file']);
  });

  it('fm-52 keeps the old file, and leaves no temporary file, when the disk is full', async () => {
    writeFileSync(path, 'before');
    fillDisk();

    const thrown: unknown = await writeIfChanged(path, 'after').catch((reason: unknown) => reason);

    expect(thrown).toMatchObject({ code: 'ENOSPC' });
    expect(writeFix(thrown, 'make it writable')).toBe('free space on its disk');
    expect(readFileSync(path, 'utf8')).toBe('before');
    expect(readdirSync(folder)).toEqual(['file']);
  });

  it('fm-52 keeps the old file, and leaves no temporary file, when the file cannot be replaced', async () => {
    writeFileSync(path, 'before');
    jest.spyOn(fs, 'rename').mockRejectedValue(new Error('EIO'));

    await expect(writeIfChanged(path, 'after')).rejects.toThrow('EIO');

    expect([readFileSync(path, 'utf8'), readdirSync(folder)]).toEqual(['before', ['file']]);
  });

  it('fm-52 leaves one whole text, and no temporary file, at concurrent writes', async () => {
    const texts = Array.from({ length: 20 }, (_, index) => `${index}`.repeat(50_000));

    await Promise.all(texts.map((text) => writeIfChanged(path, text)));

    expect(texts).toContain(readFileSync(path, 'utf8'));
    expect(readdirSync(folder)).toEqual(['file']);
  });

  it.each(['what counts processes', 'what was random'])(
    'fm-52 never writes through a symlink: its name is %s',
    async (kind) => {
      const [victim, random] = [join(folder, 'victim'), crypto.randomBytes(8)];
      jest.spyOn(crypto, 'randomBytes').mockImplementation(() => random);
      writeFileSync(victim, 'of others');
      const trap = `${path}.${kind === 'what was random' ? random.toString('hex') : process.pid}.tmp`;
      symlinkSync(victim, trap);

      await writeIfChanged(path, 'after').catch(() => undefined);

      expect(readFileSync(victim, 'utf8')).toBe('of others');
      expect(lstatSync(trap).isSymbolicLink()).toBe(true);
    },
  );

  it('fm-52 is done when both the file and its folder entry are on the disk', async () => {
    const steps = recordSteps();

    await writeIfChanged(path, 'after');

    expect(steps).toEqual([
      'open file.RANDOM.tmp wx 600',
      'sync file.RANDOM.tmp',
      'rename file.RANDOM.tmp file',
      'open folder r',
      'sync folder',
    ]);
  });

  it('fm-52 writes in a folder that may not be listed, and therefore not be synced', async () => {
    jest.spyOn(fs, 'open').mockImplementation(async (at, ...rest) => {
      if (at === folder) throw Object.assign(new Error('EACCES'), { code: 'EACCES' });
      return open(at, ...rest);
    });

    expect(await writeIfChanged(path, 'after')).toBe(true);
    expect(readFileSync(path, 'utf8')).toBe('after');
  });

  it('fm-52 makes the file readable by its user only, whatever its mode before', async () => {
    writeFileSync(path, 'before');
    chmodSync(path, 0o644);

    await writeIfChanged(path, 'after');

    expect(statSync(path).mode & 0o777).toBe(0o600);
  });

  it('fm-52 removes temporary files of killed processes, and no file of a running write', async () => {
    const left = [leave('0123456789abcdef', hourMs + 10_000), leave('fedcba9876543210', 2 * hourMs)];
    const young = leave('00000000ffffffff', hourMs - 10_000);
    const others = ['file.2024.tmp', 'file.0123456789abcdef.bak', 'other.0123456789abcdef.tmp'];
    for (const name of others) {
      writeFileSync(join(folder, name), 'of others');
      utimesSync(join(folder, name), 0, 0);
    }

    await writeIfChanged(path, 'after');

    expect(left.filter((name) => existsSync(join(folder, name)))).toEqual([]);
    expect(readdirSync(folder).sort()).toEqual(['file', young, ...others].sort());
  });
});

describe('fm-52 a path that is not a file', () => {
  it('is refused without a wait, if it is a pipe', async () => {
    execFileSync('mkfifo', [path]);

    const thrown: unknown = await writeIfChanged(path, 'after').catch((reason: unknown) => reason);

    expect(thrown).toMatchObject({ message: 'it is a pipe, and no file' });
    expect(writeFix(thrown, 'make it writable')).toBe('remove it, or name a file');
  });

  it('is refused, if it is a socket', async () => {
    const server = createServer().listen(path);
    await once(server, 'listening');

    await expect(writeIfChanged(path, 'after')).rejects.toThrow('it is a socket, and no file');
    server.close();
  });

  it('is refused, if it is a folder', async () => {
    await expect(writeIfChanged(folder, 'after')).rejects.toThrow('it is a folder, and no file');
  });

  it('is written to, if it is a device', async () => {
    expect(await writeIfChanged('/dev/null', 'after')).toBe(true);
  });
});

describe('makeFolder', () => {
  it('makes a folder and its parents, for this user alone', async () => {
    const nested = join(folder, 'one', 'two');

    await makeFolder(nested);
    await makeFolder(nested);

    expect(statSync(nested).mode & 0o777).toBe(0o700);
  });

  it('gives up if the system has no room for folders, instead of trying for ever', async () => {
    await expect(makeFolder('/proc/kong-privatelink/state')).rejects.toThrow(/ENOENT|EACCES|EROFS|EPERM/);
  });
});

describe('readStartNow', () => {
  it.each([
    ['abcdef', 'abcd'],
    ['ab', 'ab'],
    ['', ''],
  ])('returns the first bytes of %j', (text, start) => {
    writeFileSync(path, text);

    expect(readStartNow(path, 4).toString()).toBe(start);
  });

  it("throws Node's error for a missing file, and for a pipe, without a wait", () => {
    expect(() => readStartNow(path, 4)).toThrow('ENOENT');
    execFileSync('mkfifo', [path]);

    expect(() => readStartNow(path, 4)).toThrow('ESPIPE');
  });
});
