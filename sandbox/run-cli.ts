import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { z } from 'zod';

/**
 * Compiled files, even when the sandbox itself runs from source: kong-js-pluginserver loads nothing
 * else.
 */
const root = join(__dirname, __filename.endsWith('.ts') ? '../dist' : '..');
export const entriesDir = join(root, 'plugin/entries');
export const cliPath = join(root, 'sync/cli/cli.js');

const timeoutMs = 120_000;

export type Run = { readonly env: Readonly<Record<string, string>>; readonly signal: AbortSignal };

export type Ended = { readonly exitCode: number; readonly out: string; readonly err: string };

/**
 * Runs the command line as a process of its own. Rejects with its standard error unless it ends
 * with 0.
 */
export async function runCli(argv: readonly string[], run: Run): Promise<unknown> {
  const { stdout } = await start(argv, run);
  return JSON.parse(stdout);
}

const endedSchema = z.object({ code: z.int(), stdout: z.string(), stderr: z.string() });

/** Does the same, and returns the exit code. Rejects where a signal ended the command. */
export async function endCli(argv: readonly string[], run: Run): Promise<Ended> {
  const ended = await start(argv, run).then(({ stdout, stderr }) => ({ code: 0, stdout, stderr }), endedOf);
  return { exitCode: ended.code, out: ended.stdout, err: ended.stderr };
}

function endedOf(thrown: unknown): z.infer<typeof endedSchema> {
  const ended = endedSchema.safeParse(thrown);
  if (!ended.success) throw thrown;
  return ended.data;
}

function start(argv: readonly string[], { env, signal }: Run) {
  const options = { env: { ...env }, signal, timeout: timeoutMs, maxBuffer: 64 * 1024 * 1024 };
  return promisify(execFile)(process.execPath, [cliPath, ...argv], options);
}
