import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { systemClock } from '#io/clock';
import { withWriter } from '#sync/rollout/writer/writer';
import { defaultConfig, type Estate, openEstate } from '../../support/estate';

let estate: Estate;

beforeEach(async () => {
  estate = await openEstate();
  estate.configure(`${defaultConfig(estate)}stateDir: ${stateDir()}\n`);
  estate.addEndpoint('sd2', ['10.0.1.11']);
});

afterEach(() => estate.close());

const stateDir = () => join(estate.folder, 'state');
const filesIn = (start: string) => readdirSync(stateDir()).filter((name) => name.startsWith(start));

/** Leaves the file of a killed writer. */
async function leaveWriter(): Promise<void> {
  const controlPlane = { type: 'konnect', address: estate.konnect.url, name: 'prod' };
  const options = { clock: systemClock, signal: new AbortController().signal };
  const [name, text] = await withWriter({ stateDir: stateDir(), owner: 'test', controlPlane }, options, async () => {
    const [file = ''] = filesIn('writer.');
    return [file, readFileSync(join(stateDir(), file), 'utf8')] as const;
  });
  writeFileSync(join(stateDir(), name), text);
}

describe('render', () => {
  it('records the rendered revision as the one writer, so that it overwrites no record of another writer', async () => {
    await leaveWriter();

    const { exitCode } = await estate.run('render', '-o', join(estate.folder, 'kong.yaml'));

    // A new writer takes over the leftover file, and removes it.
    expect([exitCode, filesIn('writer.'), filesIn('stage.').length]).toEqual([0, [], 1]);
    expect(JSON.parse((await estate.run('history', '--json')).out).history).toMatchObject([{ how: 'render' }]);
  });
});
