import { readFile, rename, writeFile } from 'node:fs/promises';

/** Replaces the file as a whole unless it holds `text` already; gives whether it wrote. Secrets may be inside: 0600. */
export async function writeIfChanged(path: string, text: string): Promise<boolean> {
  const before = await readFile(path, 'utf8').catch(() => undefined);
  if (before === text) return false;
  const temporary = `${path}.${process.pid}.tmp`;
  await writeFile(temporary, text, { mode: 0o600 });
  await rename(temporary, path);
  return true;
}
