import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { type Estate, openEstate, stagedConfig, stageOf } from '../../support/estate';

let estate: Estate;

beforeEach(async () => {
  estate = await openEstate([{ name: 'prod' }, { name: 'canary' }]);
});

afterEach(() => estate.close());

/** The former only control plane is a stage now, after another stage. */
function becomeStages(): void {
  estate.configure(
    stagedConfig(
      estate,
      ['canary', 'prod'].map((name) => stageOf(estate, name)),
    ),
  );
}

function stateFiles(): Readonly<Record<string, string>> {
  const folder = join(estate.folder, '.kong-privatelink');
  return Object.fromEntries(readdirSync(folder).map((name) => [name, readFileSync(join(folder, name), 'utf8')]));
}

it('a stage uses the state of its time as the only control plane, without a write to either', async () => {
  estate.addEndpoint('sd2', ['10.0.1.11']);
  await estate.run('sync');
  const before = stateFiles();
  becomeStages();
  estate.konnect.resetCalls();

  const { exitCode, out } = await estate.run('sync', '--stage', 'prod', '--json');

  const journals = (files: object) => Object.keys(files).filter((name) => name.startsWith('stage.'));
  expect(exitCode).toBe(0);
  expect(JSON.parse(out)).toMatchObject({ stage: 'prod', changes: [] });
  expect(estate.konnect.calls.filter(({ method }) => method !== 'GET')).toEqual([]);
  expect(Object.keys(stateFiles())).toEqual(Object.keys(before));
  for (const name of journals(before)) expect(stateFiles()[name]).toBe(before[name]);
  expect(journals(before)).toHaveLength(1);
});

it('a stage goes on counting absences', async () => {
  const endpoint = estate.addEndpoint('sd2', ['10.0.1.11']);
  estate.addEndpoint('sd2', ['10.0.1.12']);
  await estate.run('sync');
  estate.world.setTags(endpoint, {});
  await estate.run('sync');
  becomeStages();

  const { out } = await estate.run('sync', '--stage', 'prod');

  expect(out).toContain('is not listed; absence 2 of 3');
});

it('a stage accepts the plan that was made for the only control plane, and other stages refuse it', async () => {
  estate.addEndpoint('sd2', ['10.0.1.11']);
  const plan = join(estate.folder, 'plan.json');
  await estate.run('diff', '--out', plan);
  becomeStages();

  const wrong = await estate.run('sync', '--plan', plan, '--stage', 'canary');
  const right = await estate.run('sync', '--plan', plan, '--stage', 'prod');

  expect([wrong.exitCode, right.exitCode]).toEqual([1, 0]);
  expect(['prod', 'canary'].map((name) => estate.konnect.entities(name, 'targets').length)).toEqual([1, 0]);
});
