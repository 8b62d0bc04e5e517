import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createOutput, type Sink } from '#io/output';
import { main } from '#sync/cli/main';
import { type Estate, openEstate } from '../../support/estate';
import { builtCli } from '../../support/sandbox';
import { type StartedCli, type Stream, startCli } from '../../support/start-cli';

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

function start(argv: readonly string[], stdout: Stream, stderr: Stream = 'pipe'): StartedCli {
  const one = startCli(argv, estate.env, [stdout, stderr]);
  started.push(one.child);
  return one;
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

  it('fm-55 changes no exit code of sync and retire, whose writes went through', async () => {
    const sync = await runInto(fullDisk, ['sync', ...config()]);
    const written = targets();
    estate.world.deleteEndpoint(endpoint);
    const retire = await runInto(fullDisk, ['retire', 'sd2', '--yes', ...config()]);

    expect([sync.code, written, retire.code, targets()]).toEqual([0, 1, 0, 0]);
    expect(sync.err).toMatch(/(^|\n)warning: .*; the exit code says what was done\n$/);
  });

  it('fm-55 makes an error of what is stopped while nobody reads it', async () => {
    const { code, err } = await runInto(noReader, ['schema'], AbortSignal.abort(new Error('stopped')));

    expect([code, err]).toEqual([1, expect.stringContaining('its reader does not read')]);
  });
});

const onLinux = process.platform === 'linux' ? describe : describe.skip;

// /dev/full is a device of Linux.
onLinux('a process whose output cannot be written', () => {
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
