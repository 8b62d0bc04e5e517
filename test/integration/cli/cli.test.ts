import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { runCli } from '../../support/cli';
import { type Estate, openEstate } from '../../support/estate';

let estate: Estate;

beforeEach(async () => {
  estate = await openEstate();
});

afterEach(() => estate.close());

describe('kong-privatelink', () => {
  it('discovers, shows the difference, writes it, and then has nothing left to do', async () => {
    const id = estate.addEndpoint('sd2', ['10.0.1.11', '10.0.2.11']);

    const discover = await estate.run('discover');
    const before = await estate.run('diff');
    const sync = await estate.run('sync');
    estate.konnect.resetCalls();
    const again = await estate.run('sync', '--json');
    const after = await estate.run('diff');

    expect(discover.out).toContain(id);
    expect(before.exitCode).toBe(2);
    expect(sync.exitCode).toBe(0);
    expect(JSON.parse(again.out)).toMatchObject({ changes: [], kept: [] });
    expect(estate.konnect.calls.filter((call) => call.method !== 'GET')).toEqual([]);
    expect(after.exitCode).toBe(0);
    expect(estate.konnect.entities('prod', 'targets')).toHaveLength(2);
  });

  it.each([
    ['discover', '--out'],
    ['diff', '--out'],
    ['render', '-o'],
  ])('answers %s %s to an unwritable file with one JSON object where JSON is asked for', async (...argv) => {
    estate.addEndpoint('sd2', ['10.0.1.11']);

    const { exitCode, out } = await estate.run(...argv, `${estate.folder}/absent/file`, '--json');

    expect(exitCode).toBe(1);
    expect(JSON.parse(out)).toMatchObject({ error: { code: 'STATE', message: expect.stringContaining('ENOENT') } });
  });

  it('names the help of the verb at an unknown option, in JSON too', async () => {
    const text = await runCli(['diff', '--frobnicate']);
    const json = await runCli(['diff', '--frobnicate', '--json']);

    expect(text.err).toContain('(npx kong-privatelink diff --help shows the usage)');
    expect(JSON.parse(json.out).error.fix).toBe('npx kong-privatelink diff --help shows the usage');
  });

  it.each([
    ['an option that does not exist', ['sync', '--frobnicate'], "unknown option '--frobnicate'"],
    ['an option without its value', ['sync', '--plan'], "argument '--json' is invalid"],
    ['an option without anything after it', ['sync', '--json', '--plan'], 'argument missing'],
    ['no domain', ['retire'], "missing required argument 'domain'"],
    ['a verb that does not exist', ['snyc'], "unknown command 'snyc' (Did you mean sync?)"],
  ])('answers %s with one JSON object where JSON is asked for', async (_, argv, message) => {
    const { exitCode, out, err } = await runCli(argv.includes('--json') ? argv : [...argv, '--json']);

    expect([exitCode, err]).toEqual([1, '']);
    expect(JSON.parse(out)).toEqual({
      error: {
        code: 'CONFIG_INVALID',
        message: expect.stringContaining(message),
        fix: expect.stringContaining('--help'),
        transient: false,
      },
    });
  });

  it.each([
    ['sync', '--plan'],
    ['diff', '--out'],
    ['render', '-o'],
    ['discover', '-c'],
  ])('refuses %s %s with an empty value', async (verb, option) => {
    estate.addEndpoint('sd2', ['10.0.1.11']);

    const { exitCode, out, err } = await estate.run(verb, option, '');

    expect([exitCode, out]).toEqual([1, '']);
    expect(err).toContain('The value is missing');
    expect(estate.konnect.entities('prod', 'targets')).toEqual([]);
  });
});
