import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createOutput, type Sink } from '#io/output';
import { main } from '#sync/cli/main';
import { noSpace, type OutputStage, onLinux, openOutputStage } from '../../support/outputs';
import { builtCli } from '../../support/sandbox';

let stage: OutputStage;

beforeEach(async () => {
  stage = await openOutputStage();
});

afterEach(() => stage.close());

const fullDisk: Sink = (_, done) => done(Object.assign(new Error('no space left'), { code: 'ENOSPC' }));
const noReader: Sink = () => {};

/** Runs the command in this process, with `sink` as its standard output. */
async function runInto(sink: Sink, argv: readonly string[], signal = new AbortController().signal) {
  const losses = createOutput(sink);
  let err = '';
  const say = (text: string) => {
    err += text;
  };
  const terminal = { env: stage.estate.env, out: losses.write, err: say, losses, isTerminal: false };
  const code = await main(argv, { terminal, signal });
  return { code, err };
}

describe('a verb with an unwritable standard output', () => {
  it.each([
    ['discover', []],
    ['discover', ['--json']],
    ['diff', []],
    ['sync', ['--dry-run']],
    ['render', []],
    ['doctor', []],
    ['schema', []],
  ])('fm-55 reports the error as the only output of %s %j', async (verb, more) => {
    const { code, err } = await runInto(fullDisk, [verb, ...more, ...stage.config]);

    expect(code).toBe(1);
    expect(err).toMatch(/(^|\n)error: cannot write standard output \(.*\); free space on its disk.* \[STATE\]\n$/);
  });

  it('fm-55 keeps exit code 0 of sync and retire after their writes succeeded', async () => {
    const sync = await runInto(fullDisk, ['sync', ...stage.config]);
    const written = stage.targets();
    stage.estate.world.deleteEndpoint(stage.endpoint);
    const retire = await runInto(fullDisk, ['retire', 'sd2', '--yes', ...stage.config]);

    expect([sync.code, written, retire.code, stage.targets()]).toEqual([0, 1, 0, 0]);
    expect(sync.err).toMatch(/(^|\n)warning: .*; the exit code says what was done\n$/);
  });

  it('fm-55 reports an error when it is stopped while nobody reads its output', async () => {
    const { code, err } = await runInto(noReader, ['schema'], AbortSignal.abort(new Error('stopped')));

    expect([code, err]).toEqual([1, expect.stringContaining('its reader does not read')]);
  });
});

onLinux('a process whose output cannot be written', () => {
  it('fm-55 fails a verb that only prints', async () => {
    const { code, err } = await stage.start(['discover', ...stage.config], 'full').ended;

    expect(code).toBe(1);
    expect(err).toMatch(new RegExp(`(^|\n)error: ${noSpace} \\[STATE\\]\n$`));
  });

  it('fm-55 writes the requested files, and keeps the exit code', async () => {
    const [plan, file] = [join(stage.estate.folder, 'plan.json'), join(stage.estate.folder, 'kong.yaml')];

    const diff = await stage.start(['diff', '--out', plan, ...stage.config], 'full').ended;
    const render = await stage.start(['render', '--json', '-o', file, ...stage.config], 'full').ended;

    expect([diff.code, render.code, existsSync(plan), existsSync(file)]).toEqual([2, 0, true, true]);
  });

  it('fm-55 reports an error at half an output', async () => {
    const file = join(stage.estate.folder, 'schema.lua');
    const command = `ulimit -f 1; exec "${process.execPath}" "${builtCli}" schema > "${file}"`;
    const child = spawn('bash', ['-c', command], { stdio: ['ignore', 'ignore', 'pipe'] });
    const [err, [code]] = await Promise.all([text(child.stderr), once(child, 'close')]);

    expect([code, readFileSync(file).length]).toEqual([1, 1_024]);
    expect(err).toMatch(/^error: cannot write standard output \(EFBIG/);
  });
});

/** Lines of standard error, without the progress lines of a slow machine. */
function toldIn(err: string): readonly string[] {
  return err.split('\n').filter((line) => line !== '' && !/^(discovering|writing|\d+ of \d+ )/.test(line));
}

describe('a reader that closes its pipe', () => {
  it('fm-55 fails a verb that only prints, and no verb with writes', async () => {
    const discover = await stage.start(['discover', ...stage.config], 'closed').ended;
    const sync = await stage.start(['sync', ...stage.config], 'closed').ended;

    expect(discover.code).toBe(1);
    expect(toldIn(discover.err)).toEqual([
      expect.stringMatching(
        /^error: cannot write standard output \(.*EPIPE\); let its reader read to the end \[STATE\]$/,
      ),
    ]);
    expect([sync.code, toldIn(sync.err), stage.targets()]).toEqual([0, [], 1]);
  });
});
