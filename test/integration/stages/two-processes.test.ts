import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { type Estate, openEstate, stagedConfig, stageOf } from '../../support/estate';
import { until } from '../../support/until';
import { startWorkerProcess, type WorkerProcess } from '../../support/watch/process';

const names = ['eu', 'us'];

let estate: Estate;
let worker: WorkerProcess;

beforeEach(async () => {
  estate = await openEstate(names.map((name) => ({ name })));
  const stages = names.map((name) => stageOf(estate, name, { concurrency: 1 }));
  estate.configure(`${stagedConfig(estate, stages)}watch: { intervalSeconds: 1, listen: "127.0.0.1:0" }\n`);
  estate.addEndpoint(
    'sd2',
    Array.from({ length: 6 }, (_, index) => `10.0.1.${index + 1}`),
  );
});

afterEach(async () => {
  await worker.close();
  await estate.close();
});

it('fm-69 a worker and a sync by hand with one stateDir write each entity once, and both succeed', async () => {
  estate.konnect.inject({ kind: 'delay', ms: 100, method: 'PUT', times: Infinity });
  worker = startWorkerProcess(estate, { argv: ['--log-level', 'debug'] });
  const writes = () => estate.konnect.calls.filter(({ method }) => method === 'PUT').map(({ path }) => path);
  await until('the worker writes', () => writes().length > 0);

  const { exitCode, out } = await estate.run('sync', '--json');

  const { stages }: { stages: readonly { stage: string; changes: readonly unknown[] }[] } = JSON.parse(out);
  expect({ exitCode, changes: stages.map(({ changes }) => changes.length) }).toEqual({ exitCode: 0, changes: [0, 0] });
  expect(writes()).toHaveLength(new Set(writes()).size);
  expect(names.map((name) => estate.konnect.entities(name, 'targets').length)).toEqual([6, 6]);
  worker.child.kill('SIGTERM');
  expect((await worker.ended)[0]).toBe(0);
});
