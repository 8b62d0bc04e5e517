import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { loadConfig, loadProtecting } from '#config/file';
import { messageOf } from '#core/errors';
import { editIncluded } from '#sync/adopt/included/file';
import { addProtected, removeProtected } from '#sync/adopt/included/protect';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'kong-privatelink-'));
  configure('include: [own.yaml]\n');
});

afterEach(() => rmSync(folder, { recursive: true }));

const own = () => join(folder, 'own.yaml');
const main = () => join(folder, 'kong-privatelink.yaml');
const text = () => readFileSync(own(), 'utf8');

function configure(more: string): void {
  const required = `owner: team
sources: [{ name: hub, type: static, endpoints: [{ domain: sd2, addresses: ["10.0.1.11"] }] }]
controlPlane: { type: konnect, name: prod, token: "\${KONNECT_TOKEN}" }
`;
  writeFileSync(main(), required + more);
}

const files = (env = {}) => loadProtecting({ path: main(), env });
const add = (...entries: readonly string[]) => addProtected(files(), entries);
const remove = (...entries: readonly string[]) => removeProtected(files(), entries);
const saidOf = (work: Promise<unknown>) => work.then(() => 'nothing', messageOf);

const written = `# Ours: ask the payments team.
protect:
  - sd3 # until May

  # The last one of its account.
  - "target:sd3.privatelink|10.0.3.11:80"
domains:
  sd3:
    via: resolver # they resolve
`;

describe('addProtected', () => {
  it('creates the file with its purpose in a comment, readable by all, and needs no token', async () => {
    const before = process.umask(0o022);
    const done = await add('sd2', 'route:sd2').finally(() => process.umask(before));

    expect(done).toEqual({ file: own(), changed: ['sd2', 'route:sd2'], unchanged: [] });
    expect(text()).toMatch(/^# Domains and entities that are protected.*\nprotect:\n {2}- sd2\n {2}- route:sd2\n$/s);
    expect(statSync(own()).mode & 0o777).toBe(0o644);
    expect(loadConfig({ path: main(), env: { KONNECT_TOKEN: 'x' } }).protect).toEqual(['sd2', 'route:sd2']);
  });

  it('keeps comments, order, and the mode of the file', async () => {
    writeFileSync(own(), written);
    chmodSync(own(), 0o640);

    await add('sd2');

    expect(text()).toBe(written.replace('10.0.3.11:80"\n', '10.0.3.11:80"\n  - sd2\n'));
    expect(statSync(own()).mode & 0o777).toBe(0o640);
    expect(readdirSync(folder).sort()).toEqual(['kong-privatelink.yaml', 'own.yaml']);
  });

  it.each([
    ['an empty file', '', 'protect:\n  - sd2\n'],
    ['comments alone', '# ours\n', '# ours\n\nprotect:\n  - sd2\n'],
    ['an empty list', 'protect: []\n', 'protect:\n  - sd2\n'],
    ['domains alone', 'domains: {}\n', 'domains: {}\nprotect:\n  - sd2\n'],
    ['a list on a line', 'protect: [ sd3 ]\n', 'protect: [ sd3, sd2 ]\n'],
  ])('continues from %s', async (_, before, after) => {
    writeFileSync(own(), before);

    await add('sd2');

    expect(text()).toBe(after);
  });

  it('writes nothing when all names are listed, in any file', async () => {
    configure('include: [own.yaml]\nprotect: [sd2]\n');
    writeFileSync(own(), 'protect: [sd3]\n');

    expect(await add('sd2', 'sd3')).toEqual({ file: own(), changed: [], unchanged: ['sd2', 'sd3'] });
    expect(text()).toBe('protect: [sd3]\n');
  });

  it.each([
    [
      'no include',
      'protect: []\n',
      '',
      /includes no file that the command can write; add include: \[kong-privatelink\.d/,
    ],
    ['broken YAML', 'include: [own.yaml]\n', 'protect: [', /own\.yaml/],
    ['an empty key', 'include: [own.yaml]\n', 'protect:\n', /own\.yaml.*protect: write a list/s],
    ['another kind of value', 'include: [own.yaml]\n', 'protect: sd3\n', /own\.yaml.*protect/s],
    [
      'a list by an alias',
      'include: [own.yaml]\n',
      'x: &l [sd3]\nprotect: *l\n',
      /protect is no list; edit protect there by hand/,
    ],
    ['a missing folder', 'include: [away/own.yaml]\n', '', /cannot write .*own\.yaml.*create its folder/],
    ['a missing second file', 'include: [own.yaml, other.yaml]\n', 'protect: []\n', /other\.yaml.*bring it back/],
  ])('names the mistake of %s, and does not change the file', async (_, config, before, said) => {
    configure(config);
    writeFileSync(own(), before);

    const message = await saidOf((async () => add('sd2'))());

    expect(message).toMatch(said);
    expect(text()).toBe(before);
  });
});

describe('removeProtected', () => {
  it('removes an entry with its own comment, and nothing else', async () => {
    writeFileSync(own(), written);

    const done = await remove('target:sd3.privatelink|10.0.3.11:80', 'sd9');

    expect(done).toEqual({ file: own(), changed: ['target:sd3.privatelink|10.0.3.11:80'], unchanged: ['sd9'] });
    expect(text()).toBe(written.replace(/\n\n {2}# The last.*?:80"/s, ''));
  });

  it('leaves an empty list, from which protect continues', async () => {
    await add('sd2');
    const before = text();

    await remove('sd2');
    const empty = text();
    await add('sd2');

    expect(empty).toContain('protect: []\n');
    expect(text()).toBe(before);
  });

  it('creates no file to remove an entry', async () => {
    expect(await remove('sd2')).toEqual({ file: own(), changed: [], unchanged: ['sd2'] });
    expect(readdirSync(folder)).toEqual(['kong-privatelink.yaml']);
  });

  it.each([
    ['the main file', 'include: [own.yaml]\nprotect: [sd2]\n', 'kong-privatelink.yaml'],
    ['another included file', 'include: [own.yaml, other.yaml]\n', 'other.yaml'],
  ])('refuses an entry in %s, and writes nothing', async (_, config, name) => {
    configure(config);
    writeFileSync(join(folder, 'other.yaml'), 'protect: [sd2]\n');
    writeFileSync(own(), 'protect: [sd3]\n');

    expect(await saidOf(remove('sd3', 'sd2'))).toBe(
      `unprotect: sd2 stands in ${join(folder, name)}, which people write; remove it from protect there`,
    );
    expect(text()).toBe('protect: [sd3]\n');
  });

  it('refuses an entry that is written with a variable', async () => {
    writeFileSync(own(), `protect: ["\${PAYMENTS}"]\n`);

    const said = await saidOf(removeProtected(files({ PAYMENTS: 'sd2' }), ['sd2']));

    expect(said).toMatch(/own\.yaml: sd2 is written there with a variable or an alias; edit protect there by hand/);
  });
});

describe('editIncluded', () => {
  it('writes domains for other callers too', async () => {
    const edit = await editIncluded(own(), (document) => {
      document.setIn(['domains', 'sd2', 'adopted'], { service: 'payments', routes: ['a'] });
      return true;
    });

    expect(edit).toBe(true);
    expect(loadConfig({ path: main(), env: { KONNECT_TOKEN: 'x' } }).domains.sd2?.adopted?.service).toBe('payments');
  });

  it('loads a configuration whose first file does not exist yet, on request', () => {
    const options = { path: main(), env: { KONNECT_TOKEN: 'x' } };

    expect(() => loadConfig(options)).toThrow('no configuration file at');
    expect(loadConfig({ ...options, isFirstIncludeNew: true }).include).toEqual([own()]);
  });
});
