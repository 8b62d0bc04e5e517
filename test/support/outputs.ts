import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { describe } from '@jest/globals';
import { type Estate, openEstate } from './estate';
import { builtCli } from './sandbox';

/** Where an output of the command goes: a full disk, a pipe, or a pipe whose reader has left. */
export type Stream = 'full' | 'pipe' | 'closed';

export type StartedCli = {
  readonly child: ChildProcess;
  readonly ended: Promise<{ readonly code: unknown; readonly err: string }>;
};

/** An estate with one endpoint, of sd2, and the built command as a process beside it. */
export type OutputStage = {
  readonly estate: Estate;
  readonly endpoint: string;
  /** Arguments that name the estate's configuration. */
  readonly config: readonly string[];
  readonly start: (argv: readonly string[], stdout: Stream, stderr?: Stream) => StartedCli;
  /** How many the control plane has. */
  readonly targets: () => number;
  /** Ends what was started, too. */
  readonly close: () => Promise<void>;
};

/** What the command says of a full disk; for a regular expression. */
export const noSpace = 'cannot write standard output \\(ENOSPC[^()]*\\); free space on its disk';

/** /dev/full is a device of Linux. */
export const onLinux = process.platform === 'linux' ? describe : describe.skip;

export async function openOutputStage(): Promise<OutputStage> {
  const estate = await openEstate();
  const started: ChildProcess[] = [];
  return {
    estate,
    endpoint: estate.addEndpoint('sd2', ['10.0.1.11']),
    config: ['-c', join(estate.folder, 'kong-privatelink.yaml')],
    start: (argv, stdout, stderr = 'pipe') => {
      const one = startCli(argv, estate.env, [stdout, stderr]);
      started.push(one.child);
      return one;
    },
    targets: () => estate.konnect.entities('prod', 'targets').length,
    close: async () => {
      for (const child of started) if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL');
      await estate.close();
    },
  };
}

function startCli(
  argv: readonly string[],
  env: Readonly<Record<string, string>>,
  streams: readonly [Stream, Stream],
): StartedCli {
  const disk = streams.includes('full') ? openSync('/dev/full', 'w') : undefined;
  const [out, err] = streams.map((one) => (one === 'full' ? disk : ('pipe' as const)));
  const child = spawn(process.execPath, [builtCli, ...argv], {
    env: { ...process.env, ...env },
    stdio: ['ignore', out, err],
  });
  if (disk !== undefined) closeSync(disk);
  if (streams[0] === 'closed') child.stdout?.destroy();
  const said = child.stderr ? text(child.stderr) : Promise.resolve('');
  return { child, ended: once(child, 'close').then(async ([code]) => ({ code, err: await said })) };
}
