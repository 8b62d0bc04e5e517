import { existsSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { packageName, packageRoot } from '../pass/version';

/** What people type to run this program where they have it; `npx kong-privatelink` elsewhere would fetch what has that name in the registry. */
export const called = calledIn(packageRoot);

/** The same for a package in `root`: in a clone and in a project's node_modules npx finds it by its command, in npx's own folder by its package, and all other ways to install it put the command on the PATH. */
export function calledIn(root: string): string {
  const command = 'kong-privatelink';
  if (/[\\/]_npx[\\/]/.test(root)) return `npx ${packageName}`;
  const isClone = existsSync(join(root, 'tsconfig.json'));
  return isClone || isOfProject(root) ? `npx ${command}` : command;
}

/** Whether a node_modules with a package.json beside it holds the package; beside a global one there is none. */
function isOfProject(root: string): boolean {
  const modules = dirname(dirname(root));
  return basename(modules) === 'node_modules' && existsSync(join(dirname(modules), 'package.json'));
}
