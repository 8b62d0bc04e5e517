import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, existsSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { request } from 'undici';
import { createOutput, type Sink } from '#io/output';
import { main } from '#sync/cli/main';
import { defaultConfig, type Estate, openEstate } from '../../support/estate';
import { builtCli } from '../../support/sandbox';
import { until } from '../../support/until';

let estate: Estate;
let endpoint: string;
const started: ChildProcess[] = [];

beforeEach(async () => {
  estate = await openEstate();
  endpoint = estate.addEndpoint('sd2', ['10.0.1.11']);
});

afterEach(async () => {
  for (const child of started.splice(0))
    if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL');
  await estate.close();
});

type Stream = 'full' | 'pipe' | 'closed';

/** Runs the command with its outputs on a full disk, a pipe, or a pipe whose reader has left. */
function start(argv: readonly string[], stdout: Stream, stderr: Stream = 'pipe') {
  const disk = openSync('/dev/full', 'w');
  const [out, err] = [stdout, stderr].map((one) => (one === 'full' ? disk : ('pipe' as const)));
  const env = { ...process.env, ...estate.env };
  const child = spawn(process.execPath, [builtCli, ...argv], { env, stdio: ['ignore', out, err] });
  closeSync(disk);
  started.push(child);
  if (stdout === 'closed') child.stdout?.destroy();
  const said = child.stderr ? text(child.stderr) : Promise.resolve('');
  const ended = once(child, 'close').then(async ([code]) => ({ code, err: await said }));
  return { child, ended };
}

const config = () => ['-c', join(estate.folder, 'kong-privatelink.yaml')];
const targets = () => estate.konnect.entities('prod', 'targets').length;

const noSpace = 'cannot write standard output \\(ENOSPC[^()]*\\); free space on its disk';
const fullDisk: Sink = (_, done) => done(Object.assign(new Error('no space left'), { code: 'ENOSPC' }));
const noReader: Sink = () => {};

/** Runs the command in this process, with its standard output there. */
async function runInto(sink: Sink, argv: readonly string[], signal = new AbortController().signal) {
  const losses = createOutput(sink);
  let err = '';
  const say = (text: string) => {
    err += text;
  };
  const terminal = { env: estate.env, out: losses.write, err: say, losses, isTerminal: false };
  const code = await main(argv, { terminal, signal });
  return { code, err };
}

describe('a verb whose output cannot be written', () => {
  it.each([
    ['discover', []],
    ['discover', ['--json']],
    ['diff', []],
    ['render', []],
    ['doctor', []],
    ['schema', []],
  ])('fm-55 makes an error of %s %j, of which nothing else is left', async (verb, more) => {
    const { code, err } = await runInto(fullDisk, [verb, ...more, ...config()]);

    expect(code).toBe(1);
    expect(err).toMatch(/(^|\n)error: cannot write standard output \(.*\); free space on its disk.* \[STATE\]\n$/);
  });

  it('fm-55 makes an error of what is stopped while nobody reads it', async () => {
    const { code, err } = await runInto(noReader, ['schema'], AbortSignal.abort(new Error('stopped')));

    expect([code, err]).toEqual([1, expect.stringContaining('its reader does not read')]);
  });
});

const onLinux = process.platform === 'linux' ? describe : describe.skip;

// /dev/full is a device of Linux.
onLinux('an output that cannot be written', () => {
  it.each([
    ['sync', []],
    ['sync', ['--json']],
  ])('fm-55 changes no exit code of %s %j, whose writes went through', async (verb, more) => {
    const { code, err } = await start([verb, ...config(), ...more], 'full').ended;

    expect([code, targets()]).toEqual([0, 1]);
    expect(err).toMatch(new RegExp(`(^|\n)warning: ${noSpace}; the exit code says what was done\n$`));
  });

  it('fm-55 changes no exit code of retire, nor where standard error is lost too', async () => {
    expect((await start(['sync', ...config()], 'full', 'full').ended).code).toBe(0);
    estate.world.deleteEndpoint(endpoint);

    expect((await start(['retire', 'sd2', '--yes', ...config()], 'full').ended).code).toBe(0);
    expect(targets()).toBe(0);
  });

  it('fm-55 makes an error of what only prints', async () => {
    const { code, err } = await start(['discover', ...config()], 'full').ended;

    expect(code).toBe(1);
    expect(err).toMatch(new RegExp(`(^|\n)error: ${noSpace} \\[STATE\\]\n$`));
  });

  it('fm-55 keeps the files that were asked for, and the exit code', async () => {
    const [plan, file] = [join(estate.folder, 'plan.json'), join(estate.folder, 'kong.yaml')];

    const diff = await start(['diff', '--out', plan, ...config()], 'full').ended;
    const render = await start(['render', '--json', '-o', file, ...config()], 'full').ended;

    expect([diff.code, render.code, existsSync(plan), existsSync(file)]).toEqual([2, 0, true, true]);
  });

  it('fm-55 makes an error of half an output', async () => {
    const file = join(estate.folder, 'schema.lua');
    const command = `ulimit -f 1; exec "${process.execPath}" "${builtCli}" schema > "${file}"`;
    const child = spawn('bash', ['-c', command], { stdio: ['ignore', 'ignore', 'pipe'] });
    const [err, [code]] = await Promise.all([text(child.stderr), once(child, 'close')]);

    expect([code, readFileSync(file).length]).toEqual([1, 1_024]);
    expect(err).toMatch(/^error: cannot write standard output \(EFBIG/);
  });

  it.each<[string, readonly string[], Stream, Stream]>([
    ['its log', [], 'full', 'pipe'],
    ['its log, read by nobody any more', [], 'closed', 'pipe'],
    ['its reports', ['--json'], 'full', 'pipe'],
    ['its reports and its log', ['--json'], 'full', 'full'],
  ])('fm-55 ends no worker: %s', async (_, more, stdout, stderr) => {
    estate.configure(`${defaultConfig(estate)}watch: { intervalSeconds: 1, listen: "127.0.0.1:0" }\n`);
    const { child, ended } = start(['sync', '--watch', ...config(), ...more], stdout, stderr);
    await until('the first endpoint is written', () => targets() === 1 || child.exitCode !== null);
    estate.world.deleteEndpoint(endpoint);
    await until('the worker goes on', () => targets() === 0 || child.exitCode !== null);
    child.kill('SIGTERM');

    expect((await ended).code).toBe(0);
    expect(targets()).toBe(0);
  });
});

onLinux('a worker whose reports cannot be written', () => {
  it('fm-55 says in its metrics that lines are lost', async () => {
    estate.configure(`${defaultConfig(estate)}watch: { intervalSeconds: 1, listen: "127.0.0.1:0" }\n`);
    const { child, ended } = start(['sync', '--watch', '--json', ...config()], 'full');
    let log = '';
    child.stderr?.on('data', (chunk) => {
      log += chunk;
    });
    await until('lines are lost', async () => {
      const [, address] = /"address":"([^"]+)"/.exec(log) ?? [];
      const { body } = await request(`${address}/metrics`, { reset: true });
      return /^kong_privatelink_output_lost_total [1-9]/m.test(await body.text());
    });
    child.kill('SIGTERM');

    expect((await ended).code).toBe(0);
  });
});

describe('a reader that leaves', () => {
  it('fm-55 is told where it missed what it asked for, and is no failure of what was written', async () => {
    const discover = await start(['discover', ...config()], 'closed').ended;
    const sync = await start(['sync', ...config()], 'closed').ended;

    expect(discover.code).toBe(1);
    expect(discover.err).toMatch(
      /^error: cannot write standard output \(.*EPIPE\); let its reader read to the end \[STATE\]\n$/,
    );
    expect([sync, targets()]).toEqual([{ code: 0, err: '' }, 1]);
  });
});

describe('a reader that stopped reading', () => {
  it('fm-55 keeps no worker from its work, nor from its end', async () => {
    estate.configure(`${defaultConfig(estate)}watch: { intervalSeconds: 1, listen: "127.0.0.1:0" }\n`);
    // The report of this many is more than a pipe holds.
    for (let count = 0; count < 30; count += 1) estate.addEndpoint(`d${count}`, [`10.0.2.${count + 1}`]);
    const { child, ended } = start(['sync', '--watch', '--json', ...config()], 'pipe');
    await until('the first endpoints are written', () => targets() === 31 || child.exitCode !== null);
    estate.world.deleteEndpoint(endpoint);
    await until('the worker goes on', () => targets() === 30 || child.exitCode !== null);
    child.kill('SIGTERM');
    await until('it ends', () => child.exitCode !== null);
    child.stdout?.resume();

    expect([(await ended).code, targets()]).toEqual([0, 30]);
  });
});
