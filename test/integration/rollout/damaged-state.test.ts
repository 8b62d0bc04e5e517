import { copyFileSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { checksumOf } from '#core/json';
import { type Estate, openEstate } from '../../support/estate';

let estate: Estate;
let stateDir: string;
let newest: string;
let first: string;

beforeEach(async () => {
  estate = await openEstate();
  stateDir = join(estate.folder, '.kong-privatelink');
  estate.addEndpoint('sd2', ['10.0.1.11']);
  await estate.run('sync');
  estate.addEndpoint('sd3', ['10.0.1.12']);
  await estate.run('sync');
  const { out } = await estate.run('history', '--json');
  [newest = '', first = ''] = JSON.parse(out).history.map((one: { revision: string }) => one.revision);
});

afterEach(() => estate.close());

const services = () =>
  estate.konnect
    .entities('prod', 'services')
    .map((one) => one.name)
    .sort();
const fileOf = (revision: string) => join(stateDir, `revision.test.${revision}.json`);
const journal = () => join(stateDir, readdirSync(stateDir).find((name) => name.startsWith('stage.')) ?? '');

describe('a damaged revision file', () => {
  const damages: readonly [string, (path: string) => void, string][] = [
    ['is cut short', (path) => writeFileSync(path, readFileSync(path).subarray(0, 99)), 'perhaps it was cut short'],
    ['is empty', (path) => writeFileSync(path, ''), 'perhaps it was cut short'],
    ['is another one', (path) => copyFileSync(fileOf(newest), path), 'is another revision than its name says'],
    ['is that of another owner', (path) => reseal(path, { owner: 'other' }), 'is another revision than its name says'],
    ['is a folder', (path) => replace(path, () => mkdirSync(path)), 'cannot be read'],
    ['is a device', (path) => replace(path, () => symlinkSync('/dev/zero', path)), 'it is a pipe or a device'],
    ['leads nowhere', (path) => replace(path, () => symlinkSync('nowhere', path)), 'is no longer kept'],
  ];

  it.each(damages)('is refused by rollback: it %s', async (_, damage, said) => {
    damage(fileOf(first));

    const { exitCode, err } = await estate.run('rollback', '--now');
    const after = await estate.run('diff');

    expect([exitCode, after.exitCode]).toEqual([1, 0]);
    expect(err).toContain(said);
    expect(services()).toEqual(['sd2', 'sd3']);
  });

  it.each(damages)(
    'leaves a control plane that is pinned to it unchanged, with a warning: it %s',
    async (_, damage) => {
      await estate.run('rollback', '--now');
      damage(fileOf(first));
      estate.addEndpoint('sd2', ['10.0.1.77']);

      const { exitCode, out } = await estate.run('sync');

      expect({ exitCode, out }).toMatchObject({ exitCode: 0 });
      expect(out).toContain(`pinned to revision ${first}, and that revision is no longer kept, or is damaged`);
      expect(services()).toEqual(['sd2']);
      expect(estate.konnect.entities('prod', 'targets').map((one) => one.target)).toContain('10.0.1.77:80');
    },
  );
});

describe('a journal', () => {
  it('of another control plane, under the name of this one, is not used', async () => {
    reseal(journal(), { controlPlane: { type: 'konnect', name: 'other' } });

    const { out } = await estate.run('history', '--json');

    expect(JSON.parse(out)).toMatchObject({
      history: [],
      warnings: [expect.stringContaining('belongs to another control plane or owner')],
    });
  });

  it('with an impossible time ends no command', async () => {
    const { history } = JSON.parse(readFileSync(journal(), 'utf8'));
    reseal(journal(), { history: history.map((run: object) => ({ ...run, atMs: 1e300 })) });

    const { exitCode, err } = await estate.run('history');

    expect(exitCode).toBe(0);
    expect(err).toContain('a field that cannot be used');
  });
});

function replace(path: string, make: () => void): void {
  rmSync(path);
  make();
}

/** Everybody with write access to the file can compute its checksum. */
function reseal(path: string, over: object): void {
  const { checksum: _, ...content } = JSON.parse(readFileSync(path, 'utf8'));
  const body = { ...content, ...over };
  writeFileSync(path, JSON.stringify({ checksum: checksumOf(body), ...body }));
}
