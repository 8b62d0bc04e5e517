import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import { promisify } from 'node:util';
import type { Served } from '#sandbox/serve';
import { listeningAddresses } from './listening';

/** The built command: `npm test` and `npm run stories` build it first. */
export const builtCli = resolve(__dirname, '../../dist/sync/cli/cli.js');

/** What is awaited, in lines of its own where nobody sits at a terminal. */
export const progressOfT0 = `starting AWS, Konnect, the gateway and the plugin
waiting for discover, sync and the data plane, step 1 of 4
waiting for discover, sync and the data plane, step 2 of 4
waiting for discover, sync and the data plane, step 3 of 4
waiting for discover, sync and the data plane, step 4 of 4
`;

/**
 * Runs the built command with a nearly empty environment. Returns its output and its listening
 * addresses at each step.
 */
export async function startSandbox(...argv: readonly string[]) {
  const child = spawn(process.execPath, [builtCli, 'sandbox', '--once', ...argv], {
    env: { PATH: process.env.PATH },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const listening = new Set<string>();
  child.stderr.on('data', () => {
    if (process.platform === 'linux' && child.pid)
      for (const address of listeningAddresses(child.pid)) listening.add(address);
  });
  const [out, err, [exitCode]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'exit')]);
  return { out, err, exitCode, listening: [...listening] };
}

/** How a verb ends, and what it prints with `--json`, as a user of a served sandbox runs it. */
export function runServed({ configPath, env }: Pick<Served, 'configPath' | 'env'>, verb: string) {
  const argv = [builtCli, verb, '-c', configPath, '--json'];
  return promisify(execFile)(process.execPath, argv, { env }).then(
    ({ stdout }) => ({ exitCode: 0, report: JSON.parse(stdout) }),
    ({ code, stdout }) => ({ exitCode: code, report: JSON.parse(stdout) }),
  );
}

export type Shell = {
  /** The program that `aws` is; absent: there is none. */
  readonly aws?: string;
  readonly env?: Readonly<Record<string, string>>;
};

/** The commands of a text that tells people what to try. */
export function hintsIn(told: string): readonly string[] {
  return told.match(/^ {2}(cd|curl|npx|sed|unset|export|aws) .*/gm) ?? [];
}

/**
 * Runs commands in one shell as they stand. Returns how each ended (`diff 2`), and their standard
 * error.
 */
export async function tryCommands(lines: readonly string[], { aws = 'false', env }: Shell = {}) {
  const node = process.execPath;
  const script = [
    'exec 3>&1 >/dev/null',
    `npx() { shift; "${node}" "${builtCli}" "$@"; echo "$1 $?" >&3; }`,
    `aws() { "${aws}" "$@"; echo "aws $?" >&3; }`,
    `curl() { "${node}" -e 'fetch(process.argv[1]).then(({ ok }) => process.exit(ok ? 0 : 1))' "$@"; echo "curl $?" >&3; }`,
    ...lines,
  ];
  const options = { env: { PATH: process.env.PATH, ...env } };
  const { stdout, stderr } = await promisify(execFile)('sh', ['-c', script.join('\n')], options);
  return { ends: stdout.trimEnd().split('\n'), stderr };
}
