import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';

/** Compiled files, also when the sandbox itself runs from source: kong-js-pluginserver loads nothing else. */
const root = join(__dirname, __filename.endsWith('.ts') ? '../dist' : '..');
export const entriesDir = join(root, 'plugin/entries');
export const cliPath = join(root, 'sync/cli/cli.js');

const timeoutMs = 120_000;

export type Run = { readonly env: Readonly<Record<string, string>>; readonly signal: AbortSignal };

/** Runs the command line as a process of its own; rejects with what it wrote to standard error unless it ends with 0. */
export async function runCli(argv: readonly string[], { env, signal }: Run): Promise<unknown> {
  const options = { env: { ...env }, signal, timeout: timeoutMs, maxBuffer: 64 * 1024 * 1024 };
  const { stdout } = await promisify(execFile)(process.execPath, [cliPath, ...argv], options);
  return JSON.parse(stdout);
}
