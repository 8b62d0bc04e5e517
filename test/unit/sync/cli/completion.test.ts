import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { estateNamed } from '#sandbox/estates/estates';
import { verbs } from '#sync/cli/verbs';
import { runCli } from '../../../support/cli';
import { completingShells, isInstalled, offeredBy } from '../../../support/shell-completion';

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'kong-privatelink-'));
  writeFileSync(join(folder, 'kong.yaml'), '');
});

afterAll(() => rmSync(folder, { recursive: true }));

const names = verbs.map(({ name }) => name);

/** The words offered behind the name of the program. */
const offered: readonly (readonly [line: string, words: readonly string[]])[] = [
  ['', [...names, 'help'].sort()],
  ['d', ['diff', 'discover', 'doctor']],
  ['sync --p', ['--plan']],
  ['sync --watch --j', ['--json']],
  ['help re', ['render', 'resolver', 'retire']],
  ['completion z', ['zsh']],
  ['rollback n', ['newest']],
  ['history --s', ['--stage']],
  ['sandbox --estate T', ['T0', 'T1', 'T2', 'T3', 'T4']],
  ['sync --watch --log-level ', ['debug', 'error', 'info', 'warn']],
  ['diff -c k', ['kong.yaml']],
  ['sync --json --plan k', ['kong.yaml']],
  ['diff --domain k', []],
  ['retire k', []],
  ['snyc k', []],
];

describe.each(completingShells)('the completion of %s', (shell) => {
  if (!isInstalled(shell)) {
    it.skip(`needs ${shell} on this machine: apt-get install ${shell}`, () => {});
    return;
  }
  let offers: ReadonlyMap<string, readonly string[]>;

  beforeAll(async () => {
    const { exitCode, out: script } = await runCli(['completion', shell]);
    expect(exitCode).toBe(0);
    const lines = [...offered.map(([line]) => line), ...names.map((name) => `${name} --`)];
    offers = offeredBy(shell, { script, folder, lines: lines.map((line) => `kong-privatelink ${line}`) });
  });

  it.each(offered)('offers for %j the fitting words: %j', (line, words) => {
    const found = offers.get(`kong-privatelink ${line}`)?.filter((one) => line !== '' || !one.startsWith('-'));

    expect(found).toEqual(words);
  });

  it.each(names)('offers each option that the help of %s names', async (name) => {
    const { out } = await runCli([name, '--help']);
    const options = [...out.matchAll(/^ {2}(?:-\w, )?(--[\w-]+)/gm)].map(([, option]) => option);

    expect(offers.get(`kong-privatelink ${name} --`)).toEqual(options.sort());
  });
});

it('completion offers the existing estates', () => {
  const [, values = []] = offered.find(([line]) => line.startsWith('sandbox --estate')) ?? [];

  expect(() => estateNamed('none')).toThrow(`name one of ${values.join(', ')}`);
});

it('completion names the supported shells for an unknown shell', async () => {
  const { exitCode, err } = await runCli(['completion', 'tcsh']);

  expect(exitCode).toBe(1);
  expect(err).toBe('error: there is no completion for tcsh; name one of bash, zsh, fish [CONFIG_INVALID]\n');
});
