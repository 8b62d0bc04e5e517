import { mkdir, readFile, realpath, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { hasCode } from '#core/errors';

/** Replaces the file as a whole unless it holds `text` already; gives whether it wrote. Secrets may be inside: 0600. */
export async function writeIfChanged(path: string, text: string): Promise<boolean> {
  const file = await realpath(path).catch(() => path);
  const before = await stat(file).catch(() => undefined);
  if (before && !before.isFile()) {
    // A pipe or a device is written to, never replaced.
    await writeFile(file, text);
    return true;
  }
  if (before && (await readFile(file, 'utf8')) === text) return false;
  const temporary = `${file}.${process.pid}.tmp`;
  try {
    await writeFile(temporary, text, { mode: 0o600 });
    await rename(temporary, file);
  } catch (thrown) {
    // On a full disk its part of the text would stay, one for each process.
    await rm(temporary, { force: true }).catch(() => undefined);
    throw thrown;
  }
  return true;
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

/** What people do about a write that failed: make room on a full disk, else `otherwise`. */
export function writeFix(thrown: unknown, otherwise: string): string {
  return hasCode(thrown, 'ENOSPC', 'EDQUOT') ? 'free space on its disk' : otherwise;
}
