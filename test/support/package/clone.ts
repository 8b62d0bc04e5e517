import { cpSync, readdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot as root } from '#sync/pass/version';

/** What lies in a clone and is not of it. */
const foreign = new Set(['node_modules', 'dist', '.git', '.venv']);

/** Copies the repository into a folder, for commands that write where they run. */
export function copyClone(folder: string): void {
  for (const name of readdirSync(root).filter((one) => !foreign.has(one)))
    cpSync(join(root, name), join(folder, name), {
      recursive: true,
      filter: (path) => path !== join(root, 'tools/deck/bin'),
    });
}

/** Gives a copy the packages of this clone, to be read alone: `npm ci` would empty them. */
export function lendPackages(folder: string): void {
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
}
