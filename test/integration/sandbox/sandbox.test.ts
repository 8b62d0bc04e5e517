import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import { promisify } from 'node:util';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { Story } from '#sandbox/story';
import { runSandbox as runCommand } from '#sync/cli/commands/sandbox';
import { listeningAddresses } from '../../support/listening';

const cli = resolve(__dirname, '../../../dist/sync/cli/cli.js');

/** What is awaited, in lines of its own where nobody sits at a terminal. */
const progress = `starting AWS, Konnect, the gateway and the plugin
waiting for discover, sync and the data plane, step 1 of 3
waiting for discover, sync and the data plane, step 2 of 3
waiting for discover, sync and the data plane, step 3 of 3
`;

/** Runs the built command with next to no environment; gives what it printed and where it listened meanwhile. */
async function runSandbox(...argv: readonly string[]) {
  const child = spawn(process.execPath, [cli, 'sandbox', '--once', ...argv], {
    env: { PATH: process.env.PATH },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const listening = new Set<string>();
  const timer = setInterval(() => {
    if (process.platform === 'linux' && child.pid)
      for (const address of listeningAddresses(child.pid)) listening.add(address);
  }, 250);
  const [out, err, [exitCode]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'exit')]);
  clearInterval(timer);
  return { out, err, exitCode, listening: [...listening] };
}

describe('npm start', () => {
  let forMachines: Awaited<ReturnType<typeof runSandbox>>;
  let forPeople: Awaited<ReturnType<typeof runSandbox>>;

  beforeAll(async () => {
    [forMachines, forPeople] = await Promise.all([runSandbox('--json'), runSandbox()]);
  }, 60_000);

  it('routes SD1 -> SD2 -> egress -> on-premises, follows a recreated endpoint and never uses a rejected one', () => {
    const { out, err, exitCode, listening } = forMachines;
    const story: Story = JSON.parse(out);

    expect(exitCode).toBe(0);
    expect(err).toBe(progress);
    expect(story.ok).toBe(true);
    expect(story.nonce).toMatch(/^[0-9a-f-]{36}$/);
    expect(story.hops.map(({ from, to }) => `${from} ${to}`)).toEqual([
      'sd1 gateway',
      'gateway sd2',
      'sd2 gateway',
      'gateway egress',
      'egress on-premises',
    ]);
    expect(story.hops.find(({ to }) => to === 'sd2')).toMatchObject({
      zoneId: 'use1-az1',
      reason: 'plugin, same zone as the data plane',
    });
    const [first, recreated, rejected] = story.events;
    const sd2Address = (event: typeof first) => event?.trip.hops.find(({ to }) => to === 'sd2')?.address;
    expect(sd2Address(recreated)).not.toBe(sd2Address(first));
    expect(recreated?.changed.map((change) => change.split(' ').slice(0, 2).join(' ')).sort()).toEqual([
      ...Array(3).fill('create target'),
      ...Array(3).fill('delete target'),
    ]);
    expect(rejected?.discovered.join()).toContain('rejected');
    expect(rejected?.changed).toEqual([]);
    expect(new Set(story.events.map(({ trip }) => trip.nonce)).size).toBe(3);
    if (process.platform === 'linux') expect(listening.length).toBeGreaterThan(0);
    expect(listening.filter((address) => !address.startsWith('127.'))).toEqual([]);
  });

  it('prints a trace that a person can read', () => {
    const { out, err, exitCode } = forPeople;

    expect(exitCode).toBe(0);
    expect(err).toBe(progress);
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
  const exitCode = runCommand({ terminal, estate }, signal);
  const text = Promise.race([told, exitCode]).then(() => out);
  return { text, exitCode };
}

/** Exit codes of the verbs in a text, and what they say on standard error, when its commands run in a shell as they stand, but for curl. */
async function tryCommands(told: string) {
  const lines = told.match(/^ {2}(npx|sed|export) .*/gm) ?? [];
  const npx = `npx() { shift; "${process.execPath}" "${cli}" "$@" >/dev/null; echo "$1 $?"; }`;
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
  }, 120_000);
});
