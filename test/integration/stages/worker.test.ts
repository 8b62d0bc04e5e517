import { createInterface } from 'node:readline';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { request } from 'undici';
import { z } from 'zod';
import { type Konnect, startKonnect } from '#sandbox/konnect/konnect';
import { misfitsOf } from '../../support/cli';
import { type Estate, openEstate, stagedConfig, stageOf } from '../../support/estate';
import { until } from '../../support/until';
import { startScrapedWorker, startWorkerProcess } from '../../support/watch/process';

const labels: Record<string, Record<string, string>> = {};

let estate: Estate;
let hanging: Konnect;
let closing: { close(): Promise<void> }[];

beforeEach(async () => {
  for (const name of ['eu', 'us']) labels[name] = { env: 'prod', stage: name };
  estate = await openEstate(['eu', 'us'].map((name) => ({ name, labels: labels[name] })));
  hanging = await startKonnect({ controlPlanes: [{ name: 'slow' }], token: 'kpat_sandbox' });
  hanging.inject({ kind: 'hang', times: Infinity });
  closing = [];
  estate.addEndpoint('sd2', ['10.0.1.11']);
});

afterEach(async () => {
  for (const one of closing) await one.close();
  await Promise.all([hanging.close(), estate.close()]);
});

const away = { stage: 'away', type: 'konnect', address: 'http://127.0.0.1:1', name: 'x', token: 't' };
const slow = () => stageOf({ konnect: hanging }, 'slow');
const eu = () => stageOf(estate, 'eu');
const us = () => stageOf(estate, 'us');
const selected = (over: object = {}) => ({
  type: 'konnect',
  address: estate.konnect.url,
  token: 'kpat_sandbox',
  select: { env: 'prod' },
  ...over,
});

function use(entries: readonly object[], intervalSeconds = 1): void {
  estate.configure(
    `${stagedConfig(estate, entries)}watch: { intervalSeconds: ${intervalSeconds}, listen: "127.0.0.1:0" }\n`,
  );
}

function startWatch(...argv: readonly string[]) {
  const started = startWorkerProcess(estate, { argv: ['--log-level', 'debug', ...argv] });
  closing.push(started);
  return started;
}

async function startScraped() {
  const worker = await startScrapedWorker(estate);
  closing.push(worker);
  return worker;
}

const targets = (name: string) => estate.konnect.entities(name, 'targets').map(({ target }) => target);
const holds = (name: string, target: string) => until(`${name} has ${target}`, () => targets(name).includes(target));

describe('a worker over several stages', () => {
  it('fm-65 updates one stage while another is down, and a third never answers', async () => {
    use([eu()]);
    await estate.run('sync');
    use([away, slow(), eu()]);
    const worker = await startScraped();

    estate.addEndpoint('sd3', ['10.0.1.12']);
    await holds('eu', '10.0.1.12:80');
    await worker.shows('pass_shortfall{reason="failed",stage="away"}', 1);
    // The window that collects changes has ended by then.
    worker.skipMinute();
    estate.addEndpoint('sd4', ['10.0.1.13']);
    await holds('eu', '10.0.1.13:80');
    await until(
      'it succeeds',
      async () => ((await worker.read('last_success_timestamp_seconds{stage="eu"}')) ?? 0) > 0,
    );

    const ready = await request(`${worker.address}/readyz`, { reset: true });
    const told = await ready.body.text();
    expect(ready.statusCode).toBe(200);
    expect(told).toMatch(/^stage away: pass failed .*127\.0\.0\.1:1/m);
    // A warning is no failure. The skipped minute looks like a clock that was set back, or a long
    // pass.
    // pass.
    expect(told).not.toMatch(/^stage eu: (?!warning\b)/m);
    expect(await worker.read('pass_shortfall{reason="failed",stage="eu"}')).toBe(0);
    expect(await worker.read('last_success_timestamp_seconds{stage="away"}')).toBe(0);
    expect(await worker.read('last_success_timestamp_seconds{stage="slow"}')).toBe(0);
    expect(await worker.read('last_success_timestamp_seconds{stage="eu"}')).toBeGreaterThan(0);
    expect(await worker.read('config_in_use')).toBe(1);
    expect(await worker.read('pinned{stage="eu"}')).toBe(0);
    const calls = (labels: string) => worker.read(`api_calls_total{${labels}}`);
    expect(await calls('api="konnect",action="PUT",result="ok",stage="eu"')).toBeGreaterThan(0);
    expect(await calls('api="konnect",action="GET",result="UNREACHABLE",stage="away"')).toBeGreaterThan(0);
    expect(await calls('api="ec2",action="DescribeVpcEndpoints",result="ok"')).toBeGreaterThan(0);
  });

  it('names the stage in each log line about it, and in each report', async () => {
    use([eu(), us(), away]);
    const { child, lines } = startWatch('--json');
    const logged: { msg: string; stage?: string }[] = [];
    createInterface(child.stderr).on('line', (line) => logged.push(JSON.parse(line)));
    const report = z.looseObject({ stage: z.string() });

    const told = [(await lines.next()).value, (await lines.next()).value];
    await until('one failed', () => logged.some(({ msg }) => msg === 'pass failed'));

    expect(new Set(told.map((one) => report.parse(JSON.parse(one)).stage))).toEqual(new Set(['eu', 'us']));
    expect(misfitsOf(['sync'], told.join('\n'))).toEqual([]);
    expect(logged.find(({ msg }) => msg === 'pass failed')).toMatchObject({ stage: 'away' });
    expect(logged.find(({ msg }) => msg === 'watching')).toMatchObject({
      stages: [
        `eu: konnect eu at ${estate.konnect.url}`,
        `us: konnect us at ${estate.konnect.url}`,
        expect.any(String),
      ],
    });
  });

  it('reads AWS once for all stages, and not again when one stage fails and retries', async () => {
    use([eu(), us(), away], 3600);
    const worker = await startScraped();

    await holds('eu', '10.0.1.11:80');
    await holds('us', '10.0.1.11:80');
    await until('the one that is away was tried again', async () => {
      return ((await worker.read('passes_total{stage="away"}')) ?? 0) >= 3;
    });

    expect(estate.aws.calls.filter(({ action }) => action === 'DescribeVpcEndpoints')).toHaveLength(1);
    expect(await worker.read('passes_total{stage="eu"}')).toBe(1);
  });

  it('starts, ends and renames loops with the configuration, and deletes nothing', async () => {
    use([eu()]);
    const worker = await startScraped();
    await holds('eu', '10.0.1.11:80');

    use([eu(), us()]);
    await holds('us', '10.0.1.11:80');
    use([stageOf(estate, 'eu', { stage: 'europe' })]);
    await until('it has its new name', async () => ((await worker.read('passes_total{stage="europe"}')) ?? 0) > 0);
    estate.addEndpoint('sd3', ['10.0.1.12']);
    await holds('eu', '10.0.1.12:80');

    expect(await worker.read('passes_total{stage="us"}')).toBeUndefined();
    expect(await worker.read('passes_total{stage="eu"}')).toBeUndefined();
    expect(targets('us')).toEqual(['10.0.1.11:80']);
  });
});

describe('stages by labels', () => {
  it('come and go with the labels, and their entities stay', async () => {
    const { us: own = {} } = labels;
    delete own.env;
    use([selected()]);
    const worker = await startScraped();
    await holds('eu', '10.0.1.11:80');
    const before = [targets('us'), await worker.read('passes_total{stage="us"}')];
    own.env = 'prod';
    await holds('us', '10.0.1.11:80');
    delete own.env;

    await until('us is no stage', async () => (await worker.read('passes_total{stage="us"}')) === undefined);

    expect(before).toEqual([[], undefined]);
    expect(await worker.read('passes_total{stage="eu"}')).toBeGreaterThan(0);
    expect(targets('us')).toEqual(['10.0.1.11:80']);
  });

  it('stay while Konnect does not list them, even with another token', async () => {
    use([selected()]);
    const worker = await startScraped();
    await holds('eu', '10.0.1.11:80');
    await holds('us', '10.0.1.11:80');
    for (const name of ['eu', 'us'])
      await until(`${name} succeeds`, async () => {
        return ((await worker.read(`last_success_timestamp_seconds{stage="${name}"}`)) ?? 0) > 0;
      });
    const path = /^\/v2\/control-planes\?.*labels/;
    const end = estate.konnect.inject({ kind: 'status', status: 503, path, times: Infinity });
    use([selected({ concurrency: 2 })]);
    worker.skipMinute();
    estate.addEndpoint('sd3', ['10.0.1.12']);
    await Promise.all(['eu', 'us'].map((name) => holds(name, '10.0.1.12:80')));
    await until('it is told', async () => {
      const { body } = await request(`${worker.address}/readyz`, { reset: true });
      return /^control planes not listed: .*503/m.test(await body.text());
    });
    end();

    await until('it is well again', async () => {
      const { body } = await request(`${worker.address}/readyz`, { reset: true });
      return !(await body.text()).includes('not listed');
    });
    expect(await worker.read('passes_total{stage="eu"}')).toBeGreaterThan(0);
  });

  it('are reported while a selected stage has the name of a listed stage', async () => {
    const { eu: own = {} } = labels;
    delete own.env;
    use([eu(), selected()]);
    const worker = await startScraped();
    await holds('us', '10.0.1.11:80');
    const passes = async () => (await worker.read('passes_total{stage="us"}')) ?? 0;
    const told = async () => {
      const { body } = await request(`${worker.address}/readyz`, { reset: true });
      return (await body.text()).includes('two stages are named eu');
    };
    own.env = 'prod';
    await until('it is told', told);
    const before = await passes();
    await until('labels were asked for again', async () => (await passes()) > before + 3);
    const isStillTold = await told();
    own.env = 'test';

    await until('it is well again', async () => !(await told()));
    expect(isStillTold).toBe(true);
  });

  it('fm-63 show no success while they could never be listed', async () => {
    use([selected({ address: 'http://127.0.0.1:1' })]);
    const worker = await startScraped();

    await worker.shows('pass_shortfall{reason="failed"}', 1);

    const { statusCode, body } = await request(`${worker.address}/readyz`, { reset: true });
    await body.dump();
    expect(statusCode).toBe(503);
    expect(await worker.read('last_success_timestamp_seconds')).toBe(0);
    expect(await worker.read('interval_seconds')).toBe(1);
  });
});

describe('--allow-removals', () => {
  it('covers the first pass of the stages at the start, and of no later stage', async () => {
    const ids = Array.from({ length: 20 }, (_, index) => estate.addEndpoint('sd2', [`10.0.2.${index + 1}`]));
    use([eu(), us()]);
    await estate.run('sync');
    for (const id of ids.slice(0, 15)) estate.world.deleteEndpoint(id);
    use([eu()]);
    const { until: logs } = startWatch('--allow-removals', '15');
    await until('the first removes', () => targets('eu').length === 6);

    use([eu(), us()]);
    await logs('removals withheld');

    expect(targets('us')).toHaveLength(21);
  });
});
