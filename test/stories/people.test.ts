import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { runSandbox } from '#sync/cli/commands/sandbox';
import { awsCli } from '../support/aws/aws-cli';
import { hintsIn, progressOfT0, startSandbox, tryCommands } from '../support/sandbox';

describe('npm start', () => {
  it('prints a trace for people', async () => {
    const { out, err, exitCode } = await startSandbox();

    expect(exitCode).toBe(0);
    expect(err).toBe(progressOfT0);
    expect(out).toContain('gateway -> sd2');
    expect(out).toContain('same zone as the data plane');
    expect(out).toContain('answered with 403: this VPC endpoint may not call this service');
    expect(out).toMatch(/^ {2}connected to the gateway$/m);
    expect(out).toMatch(/ok the nonce [0-9a-f-]{36} came back from the end of the chain\n/);
    expect(out).toContain('LATENCY is the time until the answer');
    expect(out).toContain('Every request succeeded.');
    expect(out).not.toContain('\u001b');
    expect(out + err).not.toMatch(/warning|at .*\.js:\d+/i);
  });
});

/** Runs an estate as on a terminal. `text` resolves with its output once everything is printed. */
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

describe('a sandbox that stays up', () => {
  let stopping: AbortController;

  beforeEach(() => {
    stopping = new AbortController();
  });

  afterEach(() => stopping.abort());

  it.each<[string, ...RegExp[]]>([
    ['T0'],
    ['T1'],
    ['T2', /quarantined vpce-\w+: claims domain cats/, /ok the nonces [0-9a-f-]{36}, [0-9a-f-]{36} came back/],
    ['T3'],
    ['T4'],
  ])('shows all of %s, and suggests commands that find a difference', async (estate, ...shown) => {
    const sandbox = stayUp(estate, stopping.signal);

    const text = await sandbox.text;
    const [hints = '', experiment = ''] = text.split('Change AWS with');
    const tried = await tryCommands(hintsIn(awsCli ? text : hints), { aws: awsCli });
    stopping.abort();

    for (const pattern of shown) expect(text).toMatch(pattern);
    expect(tried.stderr).not.toContain('error: ');
    const contracts = estate === 'T0' ? ['contracts 0'] : [];
    const expected = ['curl 0', 'doctor 0', 'discover 0', ...contracts, 'diff 0', 'render 0', 'diff 2', 'sync 0'];
    // Where AWS's command line is not installed, the peers name the way to install it.
    expect(tried.ends).toEqual(awsCli ? [...expected, 'aws 0', 'diff 2', 'sync 0'] : expected);
    expect(experiment).toMatch(/^ {2}aws (ec2 create-tags|servicediscovery register-instance) /m);
    expect(await sandbox.exitCode).toBe(0);
  });
});
