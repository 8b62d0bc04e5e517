import { existsSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { packageName, packageRoot } from '../pass/version';

/**
 * The command that calls this program. `folder`: the folder where npx finds it, absent where the
 * command works anywhere.
 */
export type Calling = { readonly command: string; readonly folder?: string };

const name = 'kong-privatelink';

/**
 * Returns the command for a package in `root`. In a clone or a project, npx finds the command. In
 * npx's own folder, npx needs the package name. All other installations put the command on the
 * PATH.
 */
export function callingIn(root: string): Calling {
  if (/[\\/]_npx[\\/]/.test(root)) return { command: `npx ${packageName}` };
  const folder = existsSync(join(root, 'tsconfig.json')) ? root : projectOf(root);
  return folder === undefined ? { command: name } : { command: `npx ${name}`, folder };
}

/**
 * Returns the folder whose node_modules holds the package. A global node_modules has no
 * package.json beside it.
 */
function projectOf(root: string): string | undefined {
  const modules = dirname(dirname(root));
  const project = dirname(modules);
  return basename(modules) === 'node_modules' && existsSync(join(project, 'package.json')) ? project : undefined;
}

/**
 * The command of this installation. Elsewhere `npx kong-privatelink` would fetch a package of that
 * name from the registry.
 */
export const calling = callingIn(packageRoot);
export const called = calling.command;
