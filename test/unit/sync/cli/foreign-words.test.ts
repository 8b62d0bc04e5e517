import { describe, expect, it } from '@jest/globals';
import { called } from '#sync/cli/called';
import { foreignWords } from '#sync/cli/foreign-words';
import { verbs } from '#sync/cli/verbs';
import { version } from '#sync/pass/version';
import { runCli } from '../../../support/cli';

const names = verbs.map(({ name }) => name);
const words = Object.entries(foreignWords);

describe('a word of another tool', () => {
  it.each(words)('%s points to the verb for the task', async (word, instead) => {
    const { exitCode, out, err } = await runCli([word, '-c', 'absent.yaml', '--auto-approve']);

    expect([exitCode, out]).toEqual([1, '']);
    expect(err).toBe(`error: kong-privatelink has no verb ${word}; ${instead} [CONFIG_INVALID]\n`);
  });

  it.each(words)('%s is not a verb, and the suggested verb exists', (word, instead) => {
    expect(names).not.toContain(word);
    expect(instead.split(/\W+/).some((one) => names.includes(one))).toBe(true);
  });

  it.each([
    ['plan', '--json'],
    ['--json', 'plan'],
    ['help', 'plan', '--json'],
  ])('is reported as JSON for %s %s %s', async (...argv) => {
    const { exitCode, out, err } = await runCli(argv.filter(Boolean));

    expect([exitCode, err]).toEqual([1, '']);
    expect(JSON.parse(out)).toEqual({
      error: {
        code: 'CONFIG_INVALID',
        message: expect.stringMatching(/^kong-privatelink has no verb plan; diff shows what would change/),
        fix: foreignWords.plan,
        transient: false,
      },
    });
  });
});

describe('help', () => {
  it.each(names)('%s equals --help', async (name) => {
    expect(await runCli(['help', name])).toEqual(await runCli([name, '--help']));
  });

  it('without a verb is the help of the program', async () => {
    expect(await runCli(['help'])).toEqual(await runCli(['--help']));
  });

  it('for a word of another tool points to the verb for the task', async () => {
    expect(await runCli(['help', 'apply'])).toEqual(await runCli(['apply']));
  });

  it('for an unknown verb says so', async () => {
    const { exitCode, err } = await runCli(['help', 'snyc']);

    expect(exitCode).toBe(1);
    expect(err).toBe(`error: unknown command 'snyc'\n(Did you mean sync?)\n(${called} --help shows the usage)\n`);
  });
});

it('version is --version, and JSON where that is asked for', async () => {
  expect(await runCli(['version'])).toEqual(await runCli(['--version']));
  expect(JSON.parse((await runCli(['version', '--json'])).out)).toEqual({ version });
});

it.each([
  [['sync', '--out', 'diff'], 'sync'],
  [['diff', '-c', 'sync', '--frobnicate'], 'diff'],
])('the suggested help for %j is the help of its verb', async (argv, verb) => {
  const { out } = await runCli([...argv, '--json']);

  expect(JSON.parse(out).error.fix).toBe(`${called} ${verb} --help shows the usage`);
});
