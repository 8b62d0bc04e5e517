import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { runSandbox } from '#sync/cli/commands/sandbox';
import { builtCli, progressOfT0, startSandbox } from '../support/sandbox';

describe('npm start', () => {
  it('prints a trace that a person can read', async () => {
    const { out, err, exitCode } = await startSandbox();

    expect(exitCode).toBe(0);
    expect(err).toBe(progressOfT0);
    expect(out).toContain('gateway -> sd2');
    expect(out).toContain('same zone as the data plane');
    expect(out).toMatch(/ok the nonce [0-9a-f-]{36} came back from the end of the chain\n/);
    expect(out).toContain('LATENCY is until the answer');
    expect(out).toContain('Every request went right.');
    expect(out).not.toContain('\u001b');
    expect(out + err).not.toMatch(/warning|at .*\.js:\d+/i);
  });
});

/** Runs an estate as on a terminal; `text` resolves with what was printed once it says how to stop it. */
function stayUp(estate: string, signal: AbortSignal) {
  let out = '';
  let onTold = () => {};
  const told = new Promise<void>((resolve) => {
    onTold = resolve;
  });
  const print = (more: string) => {
    out += more;
    if (out.includes('Ctrl-C')) onTold();
  };
  const terminal = { env: { NO_COLOR: '1' }, out: print, err: () => {}, isTerminal: true };
  const exitCode = runSandbox({ terminal, estate }, signal);
  const text = Promise.race([told, exitCode]).then(() => out);
  return { text, exitCode };
}

/** Exit codes of the verbs in a text, and what they say on standard error, when its commands run in a shell as they stand, but for curl. */
async function tryCommands(told: string) {
  const lines = told.match(/^ {2}(npx|sed|export) .*/gm) ?? [];
  const npx = `npx() { shift; "${process.execPath}" "${builtCli}" "$@" >/dev/null; echo "$1 $?"; }`;
  const { stdout, stderr } = await promisify(execFile)('sh', ['-c', [npx, ...lines].join('\n')], {
    env: { PATH: process.env.PATH },
  });
  return { exitCodes: stdout.trimEnd().split('\n'), stderr };
}

describe('a sandbox that stays up', () => {
  let stopping: AbortController;

  beforeEach(() => {
    stopping = new AbortController();
  });

  afterEach(() => stopping.abort());

  it('shows what is not allowed and every nonce, and suggests commands of which one finds a difference', async () => {
    const sandbox = stayUp('T2', stopping.signal);

    const text = await sandbox.text;
    const { exitCodes, stderr } = await tryCommands(text);
    stopping.abort();

    expect(text).toMatch(/quarantined vpce-\w+: claims domain cats/);
    expect(text).toMatch(/ok the nonces [0-9a-f-]{36}, [0-9a-f-]{36} came back/);
    expect(stderr).not.toContain('error: ');
    expect(exitCodes).toEqual(['doctor 0', 'discover 0', 'diff 0', 'render 0', 'diff 2', 'sync 0']);
    expect(await sandbox.exitCode).toBe(0);
  });
});
