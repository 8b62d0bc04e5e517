import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { checkBase, parseBase } from '#deck/file/base';
import { renderText } from '#deck/file/write';
import { baseTag } from '#deck/tags';
import { describeWithDeck, runDeck } from '../support/control-planes/deck';
import { owner } from '../support/control-planes/konnect';

/**
 * Files as people write them. They begin with decK's version 3.0, unless they name a version. The
 * beginning of a case's name tells the result. `refused`: decK refuses, and so does the product.
 * `ours alone refuses`: only decK accepts. `ours alone takes`: decK refuses, and the product writes
 * a form that decK accepts. All other files are accepted, and read alike.
 */
const fixtures = join(__dirname, '../fixtures/deck-files');
const cases = readdirSync(fixtures).flatMap((name) =>
  readFileSync(join(fixtures, name), 'utf8')
    .split(/^=== /m)
    .slice(1)
    .map((text) => {
      const end = text.indexOf('\n');
      return { name: `${name.replace('.txt', '')}: ${text.slice(0, end)}`, text: withVersion(text.slice(end + 1)) };
    }),
);
const env = {
  DECK_HOST: 'a.example',
  DECK_KEY: 'pass #word: [x',
  DECK_PORT: '8080',
  DECK_FLAG: 'true',
  DECK_FLOAT: '0.5',
  DECK_LIST: 'b, c',
  DECK_FORMAT: '3.0',
  DECK_QUOTES: `it's "\\ #off`,
  DECK_CERT: '-----BEGIN CERTIFICATE-----\nMIID\n  indented\n-----END CERTIFICATE-----',
  DECK_JSON: '{"b": ["off", 1]}',
  DECK_JSON_LIST: '["b"]',
};

function withVersion(text: string): string {
  if (text.includes('_format_version:') || text.startsWith('{"'))
    return text.replace(/^\{(?=")/, '{"_format_version": "3.0", ');
  const [, head = '', rest = ''] = /^((?:%.*\n)?(?:---\n)?)([\s\S]*)$/.exec(text) ?? [];
  return `${head}_format_version: "3.0"\n${rest === '{}\n' ? '' : rest}`;
}

describeWithDeck('files as people write them', () => {
  let folder: string;

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'deck-files-'));
  });

  afterAll(() => rmSync(folder, { recursive: true }));

  function write(name: string, text: string): string {
    const path = join(folder, name);
    writeFileSync(path, text);
    return path;
  }

  const isValid = async (path: string) => (await runDeck(['file', 'validate', path], env)).exitCode === 0;

  /** What decK reads, without what we add, and without the ids that decK makes up. */
  async function readByDeck(path: string, written: string): Promise<unknown> {
    const { exitCode, out, err } = await runDeck(
      ['file', 'render', path, '--populate-env-vars', '--format', 'json', '--output-file', '-'],
      env,
    );
    if (exitCode !== 0) throw new Error(err);
    const { _info: _, ...file } = JSON.parse(out);
    return JSON.parse(JSON.stringify(file), (key, value) => {
      if (key === 'id' && !written.includes(value)) return undefined;
      const tags = key === 'tags' && Array.isArray(value) ? value.filter((tag) => tag !== baseTag) : value;
      return Array.isArray(tags) && tags.length === 0 ? undefined : tags;
    });
  }

  /** What becomes of the file; undefined: we refuse it. */
  function rendered(text: string): string | undefined {
    try {
      const base = parseBase([{ path: 'base.yaml', text }]);
      checkBase(base, []);
      return renderText([], { owner, base });
    } catch {
      return undefined;
    }
  }

  it('are more than a hundred', () => {
    expect(cases.length).toBeGreaterThan(100);
    expect(new Set(cases.map(({ name }) => name)).size).toBe(cases.length);
  });

  it.each(cases)('fm-57 fm-58 fm-59 $name', async ({ name, text }) => {
    const path = write('base.yaml', text);
    const ours = rendered(text);
    const isOursValid = ours !== undefined && (await isValid(write('kong.yaml', ours)));

    const isDeckValid = await isValid(path);
    expect({ decK: isDeckValid, ours: isOursValid }).toEqual({
      decK: !/: (?:refused|ours alone takes): /.test(name),
      ours: !/: (?:refused|ours alone refuses): /.test(name),
    });
    if (isOursValid && isDeckValid)
      expect(await readByDeck(join(folder, 'kong.yaml'), text)).toEqual(await readByDeck(path, text));
  });
});
