import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { verbs } from '#sync/cli/verbs';
import { version } from '#sync/pass/version';
import { keysOf } from '../support/aws/keys';
import { readRecipe, scriptOf } from '../support/documents/recipe';
import { type Estate, gatewayAccount, openEstate } from '../support/estate';
import { copyClone } from '../support/package/clone';
import { type Installed, installPackage } from '../support/package/installed';
import { describeWithRegistry } from '../support/package/registry';

type Call = readonly [argv: readonly string[], exitCode: number, says: string];

/**
 * The arguments of each verb, in an order that gives each something to do, with its exit code and
 * output.
 */
const calls: Readonly<Record<string, Call>> = {
  doctor: [[], 0, 'control plane'],
  discover: [[], 0, '10.0.1.11'],
  // The configuration names no service.
  contracts: [['--json'], 1, 'the configuration has no contracts'],
  diff: [[], 2, '10.0.1.11:80'],
  render: [[], 0, '10.0.1.11:80'],
  // What the estate holds was generated, or will be.
  init: [['--json'], 1, 'exists already'],
  adopt: [[], 0, 'No service that people wrote'],
  sync: [[], 0, '10.0.1.11:80'],
  explain: [['/sd2/orders'], 0, 'of owner test'],
  retire: [['sd2', '--yes'], 3, 'sd2'],
  // The configuration includes no file that they could write.
  protect: [['sd2', '--json'], 1, 'add include: [kong-privatelink.d.yaml]'],
  unprotect: [['sd2', '--json'], 1, 'add include: [kong-privatelink.d.yaml]'],
  history: [[], 0, 'follows the newest'],
  rollback: [['newest', '--now'], 0, 'follows the newest revision'],
  // The configuration has one control plane, and nothing to roll out.
  rollout: [['status', '--json'], 1, 'the configuration has no rollout'],
  schema: [[], 0, 'privatelink'],
  // None runs here.
  resolver: [['--check', '--json'], 1, 'does not answer'],
  completion: [['bash'], 0, 'complete '],
  version: [[], 0, version],
  sandbox: [['--once'], 0, 'the plugin under kong-privatelink-pluginserver'],
};

describeWithRegistry('the package, installed into an empty prefix', () => {
  let installed: Installed;
  let estate: Estate;

  beforeAll(async () => {
    installed = installPackage();
    estate = await openEstate();
    estate.addEndpoint('sd2', ['10.0.1.11']);
  });

  afterAll(async () => {
    await estate?.close();
    installed?.close();
  });

  it('takes less than 75 MB', () => {
    expect(installed.bytesOnDisk()).toBeLessThan(75e6);
  });

  it('prints its version, and its help names the installed command', async () => {
    const [told, help] = [
      await installed.run('kong-privatelink', ['--version']),
      await installed.run('kong-privatelink', ['--help']),
    ];

    expect(told).toEqual({ exitCode: 0, out: `${version}\n`, err: '' });
    expect(help.out).toContain('First steps:   kong-privatelink sandbox');
  });

  it('has a call for every verb', () => {
    expect(Object.keys(calls).sort()).toEqual(verbs.map(({ name }) => name).sort());
  });

  it.each(Object.entries(calls))('runs %s from an empty folder', async (verb, [argv, exitCode, says]) => {
    const config = ['completion', 'sandbox', 'version'].includes(verb)
      ? []
      : ['-c', join(estate.folder, 'kong-privatelink.yaml')];

    const ended = await installed.run('kong-privatelink', [verb, ...argv, ...config], {
      ...keysOf(gatewayAccount),
      ...estate.env,
    });

    expect(ended).toMatchObject({ exitCode, err: expect.not.stringContaining('error: ') });
    expect(ended.out).toContain(says);
    expect(readdirSync(installed.folder)).toEqual([]);
  });

  it.each(['privatelink-zone', 'privatelink-callers'])('contains %s in Lua, where Kong looks for it', (plugin) => {
    const folder = join(installed.root, 'plugin/lua/kong/plugins', plugin);

    expect(readdirSync(folder).sort()).toEqual(['handler.lua', 'schema.lua']);
  });

  it('serves the plugin without kong-pdk', async () => {
    const { exitCode, out } = await installed.run('kong-privatelink-pluginserver', ['--dump-all-plugins']);

    expect(exitCode).toBe(0);
    expect(JSON.parse(out)).toMatchObject({ Plugins: [{ Name: 'privatelink' }] });
  });

  it('runs under the stock server and in the sandbox once kong-pdk is installed', async () => {
    installed.add('kong-pdk@0.6.0');
    const entries = join(installed.root, 'dist/plugin/entries');

    const dump = await installed.run('kong-js-pluginserver', ['-d', entries, '--dump-all-plugins'], {
      TS_NODE_SKIP_PROJECT: 'true',
    });
    const { exitCode, out } = await installed.run('kong-privatelink', ['sandbox', '--once']);

    expect(JSON.parse(dump.out)).toMatchObject([{ Name: 'privatelink' }]);
    expect(exitCode).toBe(0);
    expect(out).toContain('the plugin under kong-js-pluginserver');
  });
});

describeWithRegistry('the installation of the CI recipe', () => {
  it('puts the command on the PATH from a checkout, without a script of any package', () => {
    const base = mkdtempSync(join(tmpdir(), 'kong-privatelink-recipe-'));
    try {
      copyClone(base);
      const env = { ...process.env, npm_config_prefix: join(base, 'prefix'), npm_config_audit: 'false' };
      const script = scriptOf(readRecipe(), 'diff', 'Install');
      execFileSync('bash', ['-e', '-c', script], { cwd: base, env, stdio: 'ignore' });

      const said = execFileSync(join(base, 'prefix/bin/kong-privatelink'), ['--version'], { encoding: 'utf8' });

      expect(said).toBe(`${version}\n`);
    } finally {
      rmSync(base, { recursive: true });
    }
  });
});
