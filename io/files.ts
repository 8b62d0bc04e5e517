import { randomBytes } from 'node:crypto';
import { closeSync, constants, fstatSync, openSync, readFileSync, readSync, type Stats } from 'node:fs';
import {
  access,
  lstat,
  mkdir,
  mkdtemp,
  open,
  readdir,
  readFile,
  realpath,
  rename,
  rm,
  rmdir,
  stat,
  writeFile,
} from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { hasCode } from '#core/errors';

type Reading = { readonly signal?: AbortSignal; readonly mostBytes?: number };

/** Gives the text of a file, or what it begins with. A pipe is refused: nobody may ever write to it, and a read that waits for that cannot be stopped. */
export async function readRegular(path: string, { signal, mostBytes = Infinity }: Reading = {}): Promise<string> {
  const handle = await open(path, withoutWaiting);
  try {
    const found = await handle.stat();
    checkRegular(found);
    if (found.size <= mostBytes) return await handle.readFile({ encoding: 'utf8', signal });
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(mostBytes), 0, mostBytes, 0);
    return buffer.toString('utf8', 0, bytesRead);
  } finally {
    await handle.close();
  }
}

/** Gives the text of a file at once; a pipe is refused as by `readRegular`. */
export function readRegularNow(path: string): string {
  const file = openSync(path, withoutWaiting);
  try {
    checkRegular(fstatSync(file));
    return readFileSync(file, 'utf8');
  } finally {
    closeSync(file);
  }
}

/** Gives what a file begins with, at once and with three calls of the system. Throws what Node says; a pipe has no beginning. */
export function readStartNow(path: string, bytes: number): Buffer {
  const file = openSync(path, withoutWaiting);
  try {
    const start = Buffer.alloc(bytes);
    return start.subarray(0, readSync(file, start, 0, bytes, 0));
  } finally {
    closeSync(file);
  }
}

const withoutWaiting = constants.O_RDONLY | constants.O_NONBLOCK;

function checkRegular(found: Stats): void {
  // Node says itself what is wrong with a folder.
  if (!found.isFile() && !found.isDirectory()) throw new Error('it is a pipe or a device, and no file');
}

type Writing = {
  /** No secret is inside: the file that is there keeps its mode, and a new one is for all to read whom the umask lets. */
  readonly isPublic?: boolean;
};

/** Replaces the file as a whole unless it holds `text` already; gives whether it wrote, which is then on the disk. Secrets may be inside: 0600, unless it is public. Throws where something else than a file or a device is. */
export async function writeIfChanged(path: string, text: string, { isPublic }: Writing = {}): Promise<boolean> {
  const { file, found: before } = await findWritable(path);
  if (before && !before.isFile()) {
    // A device is written to, never replaced.
    await writeFile(file, text);
    return true;
  }
  const isSameLength = before?.size === Buffer.byteLength(text);
  if (isSameLength && (await readFile(file, 'utf8')) === text) return false;
  await replaceFile(file, text, isPublic ? { mode: 0o666, before } : { mode: 0o600 });
  return true;
}

/** Throws where `writeIfChanged` would; leaves what is there as it is. */
export async function proveWritable(path: string): Promise<void> {
  const { file, found } = await findWritable(path);
  if (found && !found.isFile()) await access(file, constants.W_OK);
  // Its permissions alone do not tell whether a folder takes a new file.
  else await rmdir(await mkdtemp(join(dirname(file), '.doctor-')));
}

/** As in `-o /dev/stdout`: it is open already, so that nothing waits for a reader. */
const isOwnDescriptor = /^\/(?:dev\/(?:std(?:out|err)$|fd\/)|proc\/self\/fd\/)/;
const noFile = 'NO_FILE';

/** Where the path leads, and what is there: a file, a device or nothing. */
async function findWritable(path: string): Promise<{ readonly file: string; readonly found?: Stats }> {
  const file = await realpath(path).catch(() => path);
  const found = await stat(file).catch(() => undefined);
  const kind = found && !isOwnDescriptor.test(path) ? kindOf(found) : undefined;
  if (kind) throw Object.assign(new Error(`it is a ${kind}, and no file`), { code: noFile });
  return { file, found };
}

/** What is never written to: opening a pipe waits for a reader, which nothing ends, not even SIGTERM. */
function kindOf(found: Stats): string | undefined {
  if (found.isFIFO()) return 'pipe';
  if (found.isSocket()) return 'socket';
  return found.isDirectory() ? 'folder' : undefined;
}

/** `before`: whose mode it gets. */
type Replacing = { readonly mode: number; readonly before?: Stats };

/** Readers see the old text or the new one, whatever ends this process or the machine meanwhile (fm-52). */
async function replaceFile(file: string, text: string, { mode, before }: Replacing): Promise<void> {
  const temporary = `${file}.${randomBytes(8).toString('hex')}.tmp`;
  // `x`: through no symlink, and over no file of others.
  const handle = await open(temporary, 'wx', mode);
  try {
    if (before) await handle.chmod(before.mode & 0o7777);
    await removeLeftovers(file, temporary);
    const written = handle.writeFile(text).then(() => handle.sync());
    await written.finally(() => handle.close());
    await rename(temporary, file);
  } catch (thrown) {
    // On a full disk its part of the text would stay, one for each try.
    await rm(temporary, { force: true }).catch(() => undefined);
    throw thrown;
  }
  await syncFolder(dirname(file));
}

/** Until then a machine that stops may come back with the old file. Where folders cannot be synced, that risk is all there is. */
async function syncFolder(folder: string): Promise<void> {
  try {
    const handle = await open(folder, 'r');
    await handle.sync().finally(() => handle.close());
  } catch (thrown) {
    if (!hasCode(thrown, 'EACCES', 'EPERM', 'EISDIR', 'EINVAL', 'ENOTSUP')) throw thrown;
  }
}

/** What is younger than this may be being written by another process. */
const leftoverMs = 3_600_000;

/** Removes what processes left beside the file that were killed as they wrote it; what it cannot remove is no reason to write nothing. */
async function removeLeftovers(file: string, own: string): Promise<void> {
  const isTemporary = (name: string) =>
    name.startsWith(basename(file)) && /^\.[0-9a-f]{16}\.tmp$/.test(name.slice(basename(file).length));
  const names = await readdir(dirname(file)).catch(() => []);
  const paths = names.filter(isTemporary).map((name) => join(dirname(file), name));
  await Promise.all(paths.map((path) => removeIfOld(path, own).catch(() => undefined)));
}

/** Old beside the one that is being written: both times are of the file system. */
async function removeIfOld(path: string, own: string): Promise<void> {
  const [{ mtimeMs }, { mtimeMs: nowMs }] = await Promise.all([lstat(path), lstat(own)]);
  if (nowMs - mtimeMs > leftoverMs) await rm(path);
}

/** Makes the folder (0700) and those above it. Not Node's `recursive`, which tries for ever where the system says ENOENT, as in /proc. */
export async function makeFolder(folder: string): Promise<void> {
  try {
    await makeOne(folder);
  } catch (thrown) {
    const above = dirname(folder);
    if (!isMissingFile(thrown) || above === folder) throw thrown;
    await makeFolder(above);
    await makeOne(folder);
  }
}

async function makeOne(folder: string): Promise<void> {
  await mkdir(folder, { mode: 0o700 }).catch((thrown: unknown) => {
    if (!hasCode(thrown, 'EEXIST')) throw thrown;
  });
}

/** Whether there is something at the path. */
export function isThere(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

/** Whether what was thrown says that there is no such file. */
export function isMissingFile(thrown: unknown): boolean {
  return hasCode(thrown, 'ENOENT');
}

/** What people do about a write that failed: make room on a full disk, or for a file, else `otherwise`. */
export function writeFix(thrown: unknown, otherwise: string): string {
  if (hasCode(thrown, noFile)) return 'remove it, or name a file';
  return hasCode(thrown, 'ENOSPC', 'EDQUOT') ? 'free space on its disk' : otherwise;
}
