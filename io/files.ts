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

/**
 * Returns the text of a file, or its beginning. Refuses a pipe: a read that waits for a writer
 * cannot be stopped.
 */
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

/** Returns the text of a file synchronously. Refuses a pipe, as `readRegular` does. */
export function readRegularNow(path: string): string {
  const file = openSync(path, withoutWaiting);
  try {
    checkRegular(fstatSync(file));
    return readFileSync(file, 'utf8');
  } finally {
    closeSync(file);
  }
}

/**
 * Returns the beginning of a file synchronously, with three system calls. Throws Node's error. A
 * pipe has no beginning.
 */
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
  // Node's own error explains a folder.
  if (!found.isFile() && !found.isDirectory()) throw new Error('it is a pipe or a device, and no file');
}

type Writing = {
  /**
   * The text holds no secret: an existing file keeps its mode, and the umask decides about a new
   * one.
   */
  readonly isPublic?: boolean;
};

/**
 * Replaces the whole file unless it holds `text` already. Returns whether it wrote; the text is on
 * the disk then. The mode is 0600 unless the text is public, because it may hold secrets. Throws
 * where the path is neither a file nor a device.
 */
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

/** Throws where `writeIfChanged` would throw. Changes nothing. */
export async function proveWritable(path: string): Promise<void> {
  const { file, found } = await findWritable(path);
  if (found && !found.isFile()) await access(file, constants.W_OK);
  // The permissions of a folder do not prove the folder takes a new file.
  else await rmdir(await mkdtemp(join(dirname(file), '.doctor-')));
}

/** As in `-o /dev/stdout`: the descriptor is open already, so the open waits for no reader. */
const isOwnDescriptor = /^\/(?:dev\/(?:std(?:out|err)$|fd\/)|proc\/self\/fd\/)/;
const noFile = 'NO_FILE';

/** Returns the target of the path, and its kind: a file, a device or nothing. */
async function findWritable(path: string): Promise<{ readonly file: string; readonly found?: Stats }> {
  const file = await realpath(path).catch(() => path);
  const found = await stat(file).catch(() => undefined);
  const kind = found && !isOwnDescriptor.test(path) ? kindOf(found) : undefined;
  if (kind) throw Object.assign(new Error(`it is a ${kind}, and no file`), { code: noFile });
  return { file, found };
}

/**
 * Names a kind that is never written to. Opening a pipe waits for a reader, and not even SIGTERM
 * ends the wait.
 */
function kindOf(found: Stats): string | undefined {
  if (found.isFIFO()) return 'pipe';
  if (found.isSocket()) return 'socket';
  return found.isDirectory() ? 'folder' : undefined;
}

/** `before`: the file that gives its mode. */
type Replacing = { readonly mode: number; readonly before?: Stats };

/** Readers see the old text or the new text, even when the process or the machine dies (fm-52). */
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
    // On a full disk each try would leave a part of the text.
    await rm(temporary, { force: true }).catch(() => undefined);
    throw thrown;
  }
  await syncFolder(dirname(file));
}

/**
 * Without this, a machine that stops may come back with the old file. Some file systems cannot sync
 * folders: the risk stays there.
 */
async function syncFolder(folder: string): Promise<void> {
  try {
    const handle = await open(folder, 'r');
    await handle.sync().finally(() => handle.close());
  } catch (thrown) {
    if (!hasCode(thrown, 'EACCES', 'EPERM', 'EISDIR', 'EINVAL', 'ENOTSUP')) throw thrown;
  }
}

/** Another process may still write a file younger than this. */
const leftoverMs = 3_600_000;

/** Removes temporary files of killed processes. A failure here does not stop the write. */
async function removeLeftovers(file: string, own: string): Promise<void> {
  const isTemporary = (name: string) =>
    name.startsWith(basename(file)) && /^\.[0-9a-f]{16}\.tmp$/.test(name.slice(basename(file).length));
  const names = await readdir(dirname(file)).catch(() => []);
  const paths = names.filter(isTemporary).map((name) => join(dirname(file), name));
  await Promise.all(paths.map((path) => removeIfOld(path, own).catch(() => undefined)));
}

/** Compares the age with the file being written: both times are of the file system. */
async function removeIfOld(path: string, own: string): Promise<void> {
  const [{ mtimeMs }, { mtimeMs: nowMs }] = await Promise.all([lstat(path), lstat(own)]);
  if (nowMs - mtimeMs > leftoverMs) await rm(path);
}

/**
 * Makes the folder (0700) and its parents. Node's `recursive` tries for ever where the system says
 * ENOENT, as in /proc.
 */
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

export function isThere(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

/** Whether the error says that there is no such file. */
export function isMissingFile(thrown: unknown): boolean {
  return hasCode(thrown, 'ENOENT');
}

/** Returns the fix for a failed write: room on a full disk or for a file, else `otherwise`. */
export function writeFix(thrown: unknown, otherwise: string): string {
  if (hasCode(thrown, noFile)) return 'remove it, or name a file';
  return hasCode(thrown, 'ENOSPC', 'EDQUOT') ? 'free space on its disk' : otherwise;
}
