import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { request } from 'undici';
import { workerConfig } from '../support/estate';
import { noSpace, type OutputStage, onLinux, openOutputStage, type Stream } from '../support/outputs';
import { until } from '../support/until';

let stage: OutputStage;

beforeEach(async () => {
  stage = await openOutputStage();
});

afterEach(() => stage.close());

onLinux('an output that cannot be written', () => {
  it.each([
    ['sync', []],
    ['sync', ['--json']],
  ])('fm-55 keeps exit code 0 of %s %j, because its writes succeeded', async (verb, more) => {
    const { code, err } = await stage.start([verb, ...stage.config, ...more], 'full').ended;

    expect([code, stage.targets()]).toEqual([0, 1]);
    expect(err).toMatch(new RegExp(`(^|\n)warning: ${noSpace}; the exit code says what was done\n$`));
  });

  it('fm-55 keeps exit code 0 of retire, and of sync where standard error is lost too', async () => {
    expect((await stage.start(['sync', ...stage.config], 'full', 'full').ended).code).toBe(0);
    stage.estate.world.deleteEndpoint(stage.endpoint);

    expect((await stage.start(['retire', 'sd2', '--yes', ...stage.config], 'full').ended).code).toBe(0);
    expect(stage.targets()).toBe(0);
  });

  it.each<[string, readonly string[], Stream, Stream]>([
    ['its log', [], 'full', 'pipe'],
    ['its log, without a reader any more', [], 'closed', 'pipe'],
    ['its reports', ['--json'], 'full', 'pipe'],
    ['its reports and its log', ['--json'], 'full', 'full'],
  ])('fm-55 ends no worker: %s', async (_, more, stdout, stderr) => {
    stage.estate.configure(workerConfig(stage.estate));
    const { child, ended } = stage.start(['sync', '--watch', ...stage.config, ...more], stdout, stderr);
    await until('the first endpoint is written', () => stage.targets() === 1 || child.exitCode !== null);
    stage.estate.world.deleteEndpoint(stage.endpoint);
    await until('the worker goes on', () => stage.targets() === 0 || child.exitCode !== null);
    child.kill('SIGTERM');

    expect((await ended).code).toBe(0);
    expect(stage.targets()).toBe(0);
  });
});

onLinux('a worker whose reports cannot be written', () => {
  it('fm-55 is counted as lost lines in the metrics', async () => {
    stage.estate.configure(workerConfig(stage.estate));
    const { child, ended } = stage.start(['sync', '--watch', '--json', ...stage.config], 'full');
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
  it('fm-55 blocks neither the work of a worker nor its end', async () => {
    stage.estate.configure(workerConfig(stage.estate));
    // The report of so many endpoints is more than a pipe holds.
    for (let count = 0; count < 30; count += 1) stage.estate.addEndpoint(`d${count}`, [`10.0.2.${count + 1}`]);
    const { child, ended } = stage.start(['sync', '--watch', '--json', ...stage.config], 'pipe');
    await until('the first endpoints are written', () => stage.targets() === 31 || child.exitCode !== null);
    stage.estate.world.deleteEndpoint(stage.endpoint);
    await until('the worker goes on', () => stage.targets() === 30 || child.exitCode !== null);
    child.kill('SIGTERM');
    await until('it ends', () => child.exitCode !== null);
    child.stdout?.resume();

    expect([(await ended).code, stage.targets()]).toEqual([0, 30]);
  });
});
