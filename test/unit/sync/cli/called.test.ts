import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { callingIn } from '#sync/cli/called';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'kong-privatelink-'));
});

afterEach(() => rmSync(folder, { recursive: true }));

/** The package in a folder, with files beside it. */
function place(root: string, ...files: readonly string[]): string {
  for (const path of [join(root, 'package.json'), ...files].map((one) => join(folder, one))) {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, '{}');
  }
  return join(folder, root);
}

it.each([
  ['a clone', 'clone', ['clone/tsconfig.json'], 'npx kong-privatelink', 'clone'],
  ['a global folder', 'lib/node_modules/@kong-privatelink/cli', [], 'kong-privatelink', undefined],
  ['a project', 'app/node_modules/@kong-privatelink/cli', ['app/package.json'], 'npx kong-privatelink', 'app'],
  [
    "npx's own folder",
    '.npm/_npx/0a/node_modules/@kong-privatelink/cli',
    ['.npm/_npx/0a/package.json'],
    'npx @kong-privatelink/cli',
    undefined,
  ],
  ['an image', 'opt/kong-privatelink', [], 'kong-privatelink', undefined],
])('the hint names a command that works with the package in %s, and its folder', (_, root, files, command, where) => {
  expect(callingIn(place(root, ...files))).toEqual({ command, folder: where && join(folder, where) });
});
