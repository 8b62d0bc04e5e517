import { readFile, realpath, rename, stat, writeFile } from 'node:fs/promises';

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
  await writeFile(temporary, text, { mode: 0o600 });
  await rename(temporary, file);
  return true;
}

/** Whether what was thrown says that there is no such file. */
export function isMissingFile(thrown: unknown): boolean {
  return typeof thrown === 'object' && thrown !== null && 'code' in thrown && thrown.code === 'ENOENT';
}
