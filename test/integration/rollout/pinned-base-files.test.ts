import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { checksumOf } from '#core/json';
import { type Estate, openEstate } from '../../support/estate';

let estate: Estate;

beforeEach(async () => {
  estate = await openEstate();
  estate.addEndpoint('sd2', ['10.0.1.11']);
  configure('first');
  await estate.run('sync');
  configure('second');
  await estate.run('sync');
});

afterEach(() => estate.close());

const at = (name: string) => join(estate.folder, name);
const written = () => readFileSync(at('kong.yaml'), 'utf8').match(/first|second/g);

function configure(username: string): void {
  writeFileSync(at('base.yaml'), `_format_version: "3.0"\nconsumers: [{ username: ${username} }]\n`);
  estate.configure(`owner: test
sources: [{ name: hub, type: vpc-endpoints, regions: [us-east-1], endpoint: "${estate.aws.url}" }]
controlPlane: { type: file, path: "${at('kong.yaml')}" }
deck: { base: [base.yaml] }
`);
}

it('retire keeps the base files that the control plane is pinned to', async () => {
  const id = estate.addEndpoint('sd3', ['10.0.1.12']);
  await estate.run('rollback', '--now');
  estate.world.setTags(id, {});
  const before = written();

  const { exitCode, out } = await estate.run('retire', 'sd3', '--yes');

  expect({ exitCode, out }).toMatchObject({ exitCode: 0 });
  expect([before, written()]).toEqual([['first'], ['first']]);
});

it('a pinned revision with unusable base files is named without their text, and newest ends the pin', async () => {
  await estate.run('rollback', '--now');
  const { pin } = JSON.parse((await estate.run('history', '--json')).out);
  damageBase(`revision.test.${pin.revision}.json`, 'consumers: [{ username: old, secret: hidden\n  : bad\n');

  const sync = await estate.run('sync');
  const newest = await estate.run('rollback', 'newest', '--now');

  expect(sync.exitCode).toBe(1);
  expect(sync.err).toContain(`base files of revision ${pin.revision} can no longer be used`);
  expect(sync.err).toContain('newest ends the pin');
  expect(sync.err).not.toContain('hidden');
  expect([newest.exitCode, written()]).toEqual([0, ['second']]);
});

/** Damages base files, as if a newer version read them more strictly. */
function damageBase(name: string, text: string): void {
  const stateDir = at('.kong-privatelink');
  const path = join(stateDir, readdirSync(stateDir).find((one) => one === name) ?? '');
  const { checksum: _, ...content } = JSON.parse(readFileSync(path, 'utf8'));
  const body = { ...content, base: content.base.map((one: object) => ({ ...one, text })) };
  writeFileSync(path, JSON.stringify({ checksum: checksumOf(body), ...body }));
}
