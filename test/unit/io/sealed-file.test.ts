import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { checksumOf, digestOf } from '#core/json';
import { parseSealed, readSealed, type Sealed, serialiseSealed, writeSealed } from '#io/sealed-file';

type Content = { readonly owner: string; readonly counts: Readonly<Record<string, number>> };

const kind: Sealed<Content> = {
  subject: 'the count',
  version: 2,
  form: 'sorted',
  schema: z.object({ owner: z.string(), counts: z.record(z.string(), z.number()) }),
  mismatchOf: ({ owner }) => (owner === 'test' ? undefined : { reason: `is ${owner}'s`, fix: 'ask for ours' }),
  code: 'STATE',
  fixes: { damaged: 'count again', otherVersion: 'take this version', otherFile: 'name a count' },
  older: { version: 1, key: 'all' },
};
const content: Content = { owner: 'test', counts: { b: 2, a: 1 } };

let folder: string;
let path: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sealed-file-'));
  path = join(folder, 'state', 'count.json');
});

afterEach(() => rmSync(folder, { recursive: true }));

describe('a sealed text', () => {
  it.each(['sorted', 'quick', 'indented'] as const)('that is %s returns its content', (form) => {
    expect(parseSealed(serialiseSealed(content, { ...kind, form }), kind, 'x')).toEqual(content);
  });

  it.each([
    ['sorted', true],
    ['indented', true],
    ['quick', false],
  ] as const)('that is %s is readable after somebody formatted it: %s', (form, isRead) => {
    const text = JSON.stringify(JSON.parse(serialiseSealed(content, { ...kind, form })), null, 4);
    const read = () => parseSealed(text, kind, 'x');

    if (isRead) expect(read()).toEqual(content);
    else expect(read).toThrow('checksum');
  });

  it('has equal bytes whatever the order of fields, if it is sorted', () => {
    const reversed = { counts: { a: 1, b: 2 }, owner: 'test' };

    expect(serialiseSealed(reversed, kind)).toBe(serialiseSealed(content, kind));
  });

  it('may be of the version before, which sealed the content alone', () => {
    const all = { owner: 'test', counts: { b: 1 } };
    const older = (checksum: string) => JSON.stringify({ version: 1, checksum, all });

    expect(parseSealed(older(checksumOf(all)), kind, 'x')).toEqual(all);
    expect(parseSealed(older(digestOf(JSON.stringify(all))), kind, 'x')).toEqual(all);
    expect(() => parseSealed(older('x'), kind, 'x')).toThrow('checksum');
    expect(() => parseSealed('{"version":1,"checksum":"x"}', kind, 'x')).toThrow('checksum');
  });

  const text = serialiseSealed(content, kind);
  const odd = { owner: 'test', counts: { a: 'x' } } as unknown as Content;

  it.each([
    ['edited', text.replace('"a":1', '"a":9'), 'was changed after it was written', 'count again'],
    [
      'of another version under the old checksum',
      text.replace('"version":2', '"version":3'),
      'has schema version 3, this version reads 2',
      'take this',
    ],
    ['cut short', text.slice(0, -4), 'is no JSON, perhaps it was cut short', 'count again'],
    ['empty', '', 'is no JSON', 'count again'],
    ['another kind of file', '{"a":1}', 'is JSON of something else', 'name a count'],
    ['null', 'null', 'is JSON of something else', 'name a count'],
    ['of an invalid field', serialiseSealed(odd, kind), 'has a field that cannot be used (counts.a: ', 'count again'],
    [
      'nested deeper than the stack',
      `${text.trimEnd().slice(0, -1)},"z":${'['.repeat(20_000)}${']'.repeat(20_000)}}`,
      'is nested deeper than anything that is written here',
      'count again',
    ],
    ['of another owner', serialiseSealed({ ...content, owner: 'bob' }, kind), "is bob's", 'ask for ours'],
  ])('is refused with the fix if it is %s', (_, bad, what, fix) => {
    const read = () => parseSealed(bad, kind, 'count.json');

    expect(read).toThrow(expect.objectContaining({ name: 'PrivatelinkError', code: 'STATE', transient: false }));
    expect(read).toThrow(`count.json: the count ${what}`);
    expect(read).toThrow(`; ${fix}`);
  });

  it('is refused with the fix for a damaged file, if no other fix is named', () => {
    const { otherVersion: _, otherFile: __, ...fixes } = kind.fixes;
    const read = (bad: string) => () => parseSealed(bad, { ...kind, fixes }, 'x');

    expect(read('{}')).toThrow('; count again');
    expect(read(text.replace('"version":2', '"version":3'))).toThrow('; count again');
  });
});

describe('a sealed file', () => {
  it('fm-52 returns its content, is readable by its user only, and leaves no temporary file', async () => {
    await writeSealed(path, content, kind);
    await writeSealed(path, { ...content, counts: {} }, kind);

    expect(await readSealed(path, kind)).toEqual({ ...content, counts: {} });
    expect([statSync(path).mode & 0o777, statSync(join(folder, 'state')).mode & 0o777]).toEqual([0o600, 0o700]);
    expect(readdirSync(join(folder, 'state'))).toEqual(['count.json']);
  });

  it('fm-52 holds one of several concurrent writes', async () => {
    const all = Array.from({ length: 10 }, (_, index) => ({ ...content, counts: { [`${index}`]: index } }));

    await Promise.all(all.map((one) => writeSealed(path, one, kind)));

    expect(all).toContainEqual(await readSealed(path, kind));
    expect(readdirSync(join(folder, 'state'))).toEqual(['count.json']);
  });

  it('is undefined if it does not exist, and the error names its path if it is unusable', async () => {
    expect(await readSealed(path, kind)).toBeUndefined();

    await writeSealed(path, content, kind);
    writeFileSync(path, readFileSync(path, 'utf8').slice(1));

    await expect(readSealed(path, kind)).rejects.toThrow(`${path}: the count is no JSON`);
    await expect(readSealed(folder, kind)).rejects.toThrow(
      expect.objectContaining({
        code: 'STATE',
        message: expect.stringMatching(
          new RegExp(`^${folder}: the count cannot be read \\(.*EISDIR.*\\); make it a file that this user may read$`),
        ),
      }),
    );
  });

  it('is refused without a wait, if a pipe stands in its place', async () => {
    await writeSealed(path, content, kind);
    rmSync(path);
    execFileSync('mkfifo', [path]);

    await expect(readSealed(path, kind)).rejects.toThrow(
      /count.json: the count cannot be read \(it is a pipe.*make it a file/,
    );
  });

  it('fm-52 is not written, without a wait, if a pipe stands in its place', async () => {
    await writeSealed(path, content, kind);
    rmSync(path);
    execFileSync('mkfifo', [path]);

    await expect(writeSealed(path, content, kind)).rejects.toThrow('it is a pipe, and no file');
    expect(statSync(path).isFIFO()).toBe(true);
  });
});
