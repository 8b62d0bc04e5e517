import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { outputReference, outputs } from '#sync/cli/shapes/outputs';
import { misfitsOf, runCli } from '../../support/cli';
import { defaultConfig, type Estate, openEstate } from '../../support/estate';

/**
 * `runCli` checks each output with --json against the shapes of docs/reference/outputs.md, in every
 * test. This file runs the verbs, and the rare fields.
 */

let estate: Estate;

beforeEach(async () => {
  estate = await openEstate();
});

afterEach(() => estate.close());

it('describes each field of each output', () => {
  expect(outputReference().match(/\|\s*\|$/gm)).toBeNull();
});

describe('each verb with --json', () => {
  it.each([
    [['discover'], 0, 'endpoints'],
    [['diff'], 2, 'conflicts'],
    [['sync'], 0, 'applied'],
    [['render'], 0, 'text'],
    [['doctor'], 0, 'checks'],
    [['retire', 'sd2', '--yes'], 3, 'refused'],
    [['schema'], 0, 'lua'],
    [['schema', '--upload'], 0, 'uploaded'],
  ])('prints what the reference lists: %j', async ([verb = '', ...more], exitCode, field) => {
    estate.addEndpoint('sd2', ['10.0.1.11', '10.0.2.11']);
    estate.addEndpoint('SD 2', ['10.0.3.11']);
    estate.configure(
      `${defaultConfig(estate)}watch: { listen: "127.0.0.1:0" }\ndomains: { sd2: { plugins: [{ name: acl, config: { allow: [a] } }] } }\n`,
    );

    const done = await estate.run(verb, '--json', ...more);

    expect(done.exitCode).toBe(exitCode);
    expect(JSON.parse(done.out)).toHaveProperty(field);
  });

  it('prints one error at each failure', async () => {
    estate.configure('owner: test\n');

    const verbs = ['discover', 'diff', 'sync', 'render', 'retire sd2', 'schema --upload'];
    for (const verb of verbs) {
      const { exitCode, out } = await estate.run(...verb.split(' '), '--json');
      expect([exitCode, Object.keys(JSON.parse(out))]).toEqual([1, ['error']]);
    }
    expect(Object.keys(JSON.parse((await runCli(['nothing', '--json'])).out))).toEqual(['error']);
  });

  it('prints only "refused" where render cannot read the control plane', async () => {
    estate.konnect.inject({ kind: 'status', status: 503, times: 99 });

    expect(JSON.parse((await estate.run('render', '--json')).out)).toEqual({ refused: expect.any(String) });
  });
});

it('notices a field that the reference does not list', () => {
  const nothing = { scopes: [], endpoints: [], quarantined: [], findings: [], warnings: [] };

  expect(misfitsOf(['discover', '--json'], JSON.stringify(nothing))).toEqual([]);
  expect(misfitsOf(['discover', '--json'], JSON.stringify({ ...nothing, more: 1 }))[0]).toContain('more');
  expect(Object.keys(outputs)).toContain('discover');
});
