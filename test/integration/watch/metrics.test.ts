import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { request } from 'undici';
import { runCli } from '../../support/cli';
import { defaultConfig, type Estate, openEstate, workerConfig } from '../../support/estate';
import { until } from '../../support/until';
import { startScrapedWorker } from '../../support/watch/process';

let estate: Estate;
let worker: Awaited<ReturnType<typeof startScrapedWorker>>;

beforeEach(async () => {
  estate = await openEstate();
  estate.configure(workerConfig(estate));
});

afterEach(async () => {
  await worker.close();
  await estate.close();
});

const lastSuccess = () => worker.read('last_success_timestamp_seconds');
const lastPass = () => worker.read('last_pass_timestamp_seconds');

/** Starts the worker, and waits until a pass succeeds. */
async function startSucceeding(): Promise<void> {
  worker = await startScrapedWorker(estate);
  await until('a pass succeeds', async () => ((await lastSuccess()) ?? 0) > 0);
}

/** Whether the time of the last success stays fixed while three more passes end. */
async function hasStopped(): Promise<boolean> {
  const [success, pass] = [await lastSuccess(), await lastPass()];
  await worker.passes(3);
  return (await lastSuccess()) === success && ((await lastPass()) ?? 0) > (pass ?? 0);
}

it('fm-63 metrics show no success while AWS is down, and show the next success', async () => {
  estate.addEndpoint('sd2', ['10.0.1.11']);
  await startSucceeding();
  const end = estate.aws.inject({ kind: 'error' });
  await worker.shows('pass_shortfall{reason="scopes_unknown"}', 1);

  const stopped = await hasStopped();
  const success = await lastSuccess();
  const unknown = await worker.read('scopes_unknown{code="AWS"}');
  end();
  await worker.shows('pass_shortfall{reason="scopes_unknown"}', 0);

  expect({ stopped, unknown }).toEqual({ stopped: true, unknown: 1 });
  expect(await lastSuccess()).toBeGreaterThan(success ?? 0);
});

it('fm-63 metrics show no success while a plan is refused', async () => {
  const ids = Array.from({ length: 20 }, (_, index) => estate.addEndpoint('sd2', [`10.0.1.${index + 1}`]));
  await estate.run('sync');
  await startSucceeding();
  for (const id of ids.slice(0, 10)) estate.world.deleteEndpoint(id);
  await worker.shows('plan_refused{reason="brake"}', 1);

  expect(await hasStopped()).toBe(true);
  expect(await worker.read('changes_withheld{kind="target"}')).toBe(10);
});

it('fm-63 metrics show a second writer with another configuration', async () => {
  estate.addEndpoint('sd2', ['10.0.1.11']);
  await estate.run('sync');
  // Passes run on request, so that the test can look at each.
  estate.configure(workerConfig(estate, 3600));
  await startSucceeding();
  const other = join(estate.folder, 'other.yaml');
  const domains = 'domains: { sd2: { healthcheck: { path: /other } } }\nstateDir: other\n';
  writeFileSync(other, `${defaultConfig(estate)}${domains}`);
  const undo = () => runCli(['sync', '-c', other], estate.env);
  await undo();
  worker.trigger();
  await worker.shows('changes_applied_total{action="update",kind="upstream"}', 1);
  const before = await worker.read('entities_flapping');
  worker.skipMinute();
  await undo();
  worker.trigger();
  await worker.shows('changes_applied_total{action="update",kind="upstream"}', 2);

  expect([before, await worker.read('entities_flapping')]).toEqual([0, 1]);
});

it('fm-63 metrics show a stuck loop', async () => {
  estate.addEndpoint('sd2', ['10.0.1.11']);
  await startSucceeding();
  const before = await worker.read('alive');
  worker.hang();
  worker.skipMinute();

  await worker.shows('alive', 0);

  const { statusCode, body } = await request(`${worker.address}/healthz`, { reset: true });
  await body.dump();
  expect([before, statusCode]).toEqual([1, 503]);
});

it('fm-63 metrics show an unusable configuration', async () => {
  await startSucceeding();
  const before = await worker.read('config_in_use');
  estate.configure('owner: [');

  await worker.shows('config_in_use', 0);
  estate.configure(workerConfig(estate, 2));
  await worker.shows('config_in_use', 1);

  expect(before).toBe(1);
  expect(await worker.read('reloads_failed_total')).toBeGreaterThan(0);
  expect(await worker.read('interval_seconds')).toBe(2);
});

it('metrics count the calls by their results, and describe the process', async () => {
  estate.addEndpoint('sd2', ['10.0.1.11']);
  await startSucceeding();
  const text = await worker.page();

  expect(text).toMatch(
    /^kong_privatelink_api_calls_total\{api="ec2",action="DescribeVpcEndpoints",result="ok"\} [1-9]/m,
  );
  expect(text).toMatch(/^kong_privatelink_api_calls_total\{api="konnect",action="PUT",result="ok"\} [1-9]/m);
  expect(text).toMatch(/^kong_privatelink_build_info\{version="\d[^"]*",node="\d[^"]*"\} 1$/m);
  expect(text).toMatch(/^process_resident_memory_bytes [1-9]\d{6,}$/m);
  const startedAtSeconds = Number(/^process_start_time_seconds (.+)$/m.exec(text)?.[1]);
  expect(Math.abs(Date.now() / 1_000 - startedAtSeconds)).toBeLessThan(600);
  expect(Number(/^process_cpu_seconds_total (.+)$/m.exec(text)?.[1])).toBeGreaterThan(0);
});
