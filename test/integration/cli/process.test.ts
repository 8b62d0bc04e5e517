import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { listenOn } from '../../support/network/servers';
import { builtCli } from '../../support/sandbox';
import { until } from '../../support/until';

/** The temporary folders of this file's commands stand here, apart from those of other tests. */
let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'kong-privatelink-'));
});

afterAll(() => rmSync(folder, { recursive: true }));

function start(...argv: readonly string[]) {
  const env = { PATH: process.env.PATH, TMPDIR: folder, AWS_ACCESS_KEY_ID: 'a', AWS_SECRET_ACCESS_KEY: 'b' };
  const child = spawn(process.execPath, [builtCli, ...argv], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  return { child, ended: once(child, 'exit'), out: child.stdout, err: text(child.stderr) };
}

/** Waits until the sandbox has made its folder, which is the middle of its work. */
async function untilAtWork(child: ChildProcess): Promise<void> {
  await until('it is at work', () => child.exitCode !== null || readdirSync(folder).length > 0);
}

describe('the command as a process', () => {
  it('keeps its exit code, and prints no stack trace, when nobody reads its output', async () => {
    const { ended, out, err } = start('--help');
    out.destroy();

    expect((await ended)[0]).toBe(0);
    expect(await err).toBe('');
  });

  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 1],
    ['SIGHUP', 1],
  ] as const)('stops in the middle of the sandbox at %s with %i and leaves nothing behind', async (signal, code) => {
    const { child, ended, out, err } = start('sandbox', '--once');
    out.resume();
    await untilAtWork(child);
    child.kill(signal);

    const [exitCode] = await ended;

    expect(exitCode).toBe(code);
    expect((await err).trimEnd().split('\n').at(-1)).toBe(`error: stopped by ${signal}`);
    expect(readdirSync(folder)).toEqual([]);
  });

  it('ends any verb with 130 at Ctrl-C, whatever the verb waits for', async () => {
    const silent = createServer();
    const port = await listenOn(silent);
    const config = join(folder, 'config.yaml');
    const source = `{ name: hub, type: vpc-endpoints, regions: [us-east-1], endpoint: "http://127.0.0.1:${port}" }`;
    writeFileSync(config, `owner: a\nsources: [${source}]\ncontrolPlane: { type: file, path: ${folder}/kong.yaml }\n`);
    const { child, ended, err } = start('discover', '-c', config);
    await once(silent, 'connection');
    child.kill('SIGINT');

    const [exitCode] = await ended;
    silent.close();
    rmSync(config);

    expect(exitCode).toBe(130);
    expect(await err).toMatch(/error: stopped by SIGINT\n$/);
  });

  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 0],
  ] as const)('serves the sandbox until %s, and ends with %i', async (signal, code) => {
    const { child, ended, out, err } = start('sandbox', '--serve', '--port', '0', '--json');
    const [said] = await once(out, 'data');
    child.kill(signal);

    const [exitCode] = await ended;

    expect(JSON.parse(String(said))).toMatchObject({ awsUrl: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/) });
    expect([exitCode, await err]).toEqual([code, '']);
    expect(readdirSync(folder)).toEqual([]);
  });
});
