import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { packageRoot } from '#sync/pass/version';

let root: string;

const write = (path: string, text: string) => writeFileSync(join(root, path), text);

function lint(...paths: readonly string[]) {
  const argv = [join(packageRoot, 'dist/tools/text/main.js'), ...paths];
  const { status, stdout, stderr } = spawnSync(process.execPath, argv, { cwd: root, encoding: 'utf8' });
  return { status, out: stdout, err: stderr };
}

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'kong-privatelink-'));
  execFileSync('git', ['init', '--quiet'], { cwd: root });
  write('package.json', JSON.stringify({ scripts: { build: 'true' } }));
  mkdirSync(join(root, 'test'));
});

afterEach(() => rmSync(root, { recursive: true }));

it('ends with 0 when all kinds of texts exist and follow the rules', () => {
  write('page.md', 'See [this page](page.md), and type `npm run build`.\n');
  write('test/a.test.ts', "// Why.\nit('does it', f);\n");

  expect(lint()).toEqual({
    status: 0,
    out: expect.stringMatching(/^read 1 pages, 1 sentences, 1 comments, 1 names, 1 links, 1 commands\n/),
    err: '',
  });
});

it('ends with 1 and a count when a text breaks a rule', () => {
  write('page.md', 'See [this page](none.md).\n');

  expect(lint('page.md')).toEqual({
    status: 1,
    out: expect.stringMatching(/^page\.md:1: link: none\.md: there is no none\.md; correct the name\n1 link\nread /),
    err: '',
  });
});

it.each<[string, readonly string[], RegExp]>([
  ['there is no text', [], /there is no text to check in this repository/],
  ['a path leads to no text', ['package.json'], /there is no text to check in package\.json/],
  ['a path does not exist', ['none.md'], /none\.md/],
])('ends with 2 when %s', (_, paths, err) => {
  expect(lint(...paths)).toMatchObject({ status: 2, err: expect.stringMatching(err) });
});

it('ends with 2 when it finds no text of a kind in the whole repository', () => {
  write('page.md', 'See [this page](page.md), and type `npm run build`.\n');

  expect(lint()).toMatchObject({ status: 2, err: 'error: the linter read no comments, no names\n' });
});

it('ends with 2 where git has no repository', () => {
  rmSync(join(root, '.git'), { recursive: true });

  expect(lint()).toMatchObject({ status: 2, err: expect.stringMatching(/git/) });
});
