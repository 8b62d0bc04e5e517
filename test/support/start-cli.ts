import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { text } from 'node:stream/consumers';
import { builtCli } from './sandbox';

export type Stream = 'full' | 'pipe' | 'closed';

export type StartedCli = {
  readonly child: ChildProcess;
  readonly ended: Promise<{ readonly code: unknown; readonly err: string }>;
};

/** Runs the built command with its outputs on a full disk, a pipe, or a pipe whose reader has left. */
export function startCli(
  argv: readonly string[],
  env: Readonly<Record<string, string>>,
  [stdout, stderr]: readonly [Stream, Stream],
): StartedCli {
  const disk = openSync('/dev/full', 'w');
  const [out, err] = [stdout, stderr].map((one) => (one === 'full' ? disk : ('pipe' as const)));
  const child = spawn(process.execPath, [builtCli, ...argv], {
    env: { ...process.env, ...env },
    stdio: ['ignore', out, err],
  });
  closeSync(disk);
  if (stdout === 'closed') child.stdout?.destroy();
  const said = child.stderr ? text(child.stderr) : Promise.resolve('');
  return { child, ended: once(child, 'close').then(async ([code]) => ({ code, err: await said })) };
}
