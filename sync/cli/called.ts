import { existsSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { packageName, packageRoot } from '../pass/version';

/** How people call this program; `folder`: where npx finds it, absent where the command works anywhere. */
export type Calling = { readonly command: string; readonly folder?: string };

const name = 'kong-privatelink';

/** How it is called for a package in `root`: in a clone and in a project npx finds it by its command, in npx's own folder by its package, and all other ways to install it put the command on the PATH. */
export function callingIn(root: string): Calling {
  if (/[\\/]_npx[\\/]/.test(root)) return { command: `npx ${packageName}` };
  const folder = existsSync(join(root, 'tsconfig.json')) ? root : projectOf(root);
  return folder === undefined ? { command: name } : { command: `npx ${name}`, folder };
}

/** The folder whose node_modules holds the package; beside a global node_modules there is no package.json. */
function projectOf(root: string): string | undefined {
  const modules = dirname(dirname(root));
  const project = dirname(modules);
  return basename(modules) === 'node_modules' && existsSync(join(project, 'package.json')) ? project : undefined;
}

/** As it is called where it lies: `npx kong-privatelink` elsewhere would fetch what has that name in the registry. */
export const calling = callingIn(packageRoot);
export const called = calling.command;
