import { execFile, execFileSync } from 'node:child_process';
import { existsSync, lstatSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { packageName } from '#sync/pass/version';
import type { CliResult } from '../cli';
import { textOf } from '../documents/pages';
import { copyClone, lendPackages } from './clone';

/**
 * The package as a user has it: packed from this clone, and installed globally under an empty
 * prefix.
 */
export type Installed = {
  /** Where the package lies. */
  readonly root: string;
  /** An empty one, in which commands run. */
  readonly folder: string;
  /** Runs a command of the prefix; the environment is what is given, and the way to Node. */
  run(command: string, argv: readonly string[], env?: Readonly<Record<string, string>>): Promise<CliResult>;
  /** Installs another package beside it. */
  add(spec: string): void;
  /** What all of the prefix takes, as `du` counts. */
  bytesOnDisk(): number;
  close(): void;
};

/**
 * Runs README's install command in a copy of this clone, with dependencies from the registry.
 * Throws npm's error.
 */
export function installPackage(): Installed {
  const base = mkdtempSync(join(tmpdir(), 'kong-privatelink-installed-'));
  refuseStrangers(base);
  const [clone, prefix, folder] = [join(base, 'clone'), join(base, 'prefix'), join(base, 'folder')];
  for (const path of [clone, prefix, folder]) mkdirSync(path);
  copyClone(clone);
  lendPackages(clone);
  const env = { ...process.env, npm_config_prefix: prefix, npm_config_audit: 'false', npm_config_fund: 'false' };
  const sh = (script: string) =>
    execFileSync('sh', ['-c', script], { cwd: clone, env, stdio: ['ignore', 'ignore', 'pipe'] });
  sh(installCommand());
  const bin = join(prefix, 'bin');
  return {
    root: join(prefix, 'lib/node_modules', packageName),
    folder,
    run: (command, argv, more = {}) =>
      runIn(folder, [join(bin, command), ...argv], { ...more, PATH: `${bin}:${process.env.PATH}` }),
    add: (spec) => void sh(`npm install --global ${spec}`),
    bytesOnDisk: () =>
      readdirSync(prefix, { recursive: true, encoding: 'utf8' })
        .map((path) => lstatSync(join(prefix, path)).blocks * 512)
        .reduce((sum, bytes) => sum + bytes, 0),
    close: () => rmSync(base, { recursive: true }),
  };
}

/**
 * Node looks for packages in all folders above. Packages above a temporary folder would seem to be
 * installed.
 */
function refuseStrangers(base: string): void {
  const above = dirname(base);
  if (existsSync(join(above, 'node_modules'))) throw new Error(`remove ${above}/node_modules, or set TMPDIR`);
}

function installCommand(): string {
  const [command] = /^ *npm install --global .*/m.exec(textOf('README.md')) ?? [];
  if (command === undefined) throw new Error('README.md does not say how to install the package');
  return command;
}

async function runIn(
  cwd: string,
  [command = '', ...argv]: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<CliResult> {
  try {
    const { stdout: out, stderr: err } = await promisify(execFile)(command, argv, { cwd, env });
    return { exitCode: 0, out, err };
  } catch (thrown) {
    const { code, stdout = '', stderr = '' } = thrown as { code: unknown; stdout?: string; stderr?: string };
    if (typeof code !== 'number') throw thrown;
    return { exitCode: code, out: stdout, err: stderr };
  }
}
