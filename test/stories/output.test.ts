import type { ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { request } from 'undici';
import { defaultConfig, type Estate, openEstate } from '../support/estate';
import { type StartedCli, type Stream, startCli } from '../support/start-cli';
import { until } from '../support/until';

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
