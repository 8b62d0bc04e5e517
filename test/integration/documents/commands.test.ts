import { execFile, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { parseOptions } from '#plugin/server/options';
import { packageRoot, version } from '#sync/pass/version';
import { keysOf } from '../../support/aws/keys';
import { runCli } from '../../support/cli';
import { blocksIn, commandsIn, manual } from '../../support/documents/pages';
import { inMainJob, measures, others, scripts, shortRuns } from '../../support/documents/scripts';
import { type Estate, gatewayAccount, openEstate, workerConfig } from '../../support/estate';
import { builtCli } from '../../support/sandbox';

const ours = /^(?:npx )?(?:\S*\/)?kong-privatelink (?=[a-z-])/;

/**
 * The test that runs a command of the docs, by the command's first words. The first match applies.
 */
const runners: readonly (readonly [who: string, command: RegExp])[] = [
  ['an estate, below', ours],
  ['Jest, below', /^([A-Z_]+=\w+ )?npx jest/],
  ['npx, below', /^npx kong-privatelink$/],
  [
    'the suite of the package, which needs the registry',
    /^npm (install --global .*|uninstall --global @kong-privatelink\/cli|link|pack)$/,
  ],
  ['npm', /^npm (ci|test|start|run [\w:]+)( --|$)/],
  ['Kong, which reads it; below', /^KONG_\w+=/],
  ['any shell; below', /^export [A-Z_]+=/],
  ['nobody: Docker', /^docker |^curl http:\/\/127\.0\.0\.1:80[01]0\//],
  ['nobody: load balancers of AWS', /^aws elbv2 /],
  ['nobody: GitHub', /^gh workflow run /],
  ['nobody: a Kong that serves', /^kong reload$/],
  ['nobody: dig, which needs a resolver that goes on', /^dig /],
  ["the suite of AWS's command line", /^(aws |set -- \$\(aws |[A-Z]+=(\$\(aws |"ResourceType=)|sleep \d$)/],
  [
    "the suite of AWS's command line",
    /^(NAME=com\.amazonaws|FIRST='Subnets|(cat|sed|echo) .*"\$KONG_PRIVATELINK_CONFIG")/,
  ],
  ['the suite of decK', /^deck (gateway|file) /],
];

function runnerOf(command: string): string | undefined {
  return runners.find(([, pattern]) => pattern.test(command))?.[0];
}

const isGenerated = (page: string) => page === 'docs/troubleshooting.md';

const all = manual.map((page) => ({ page, commands: commandsIn(page) })).filter(({ commands }) => commands.length > 0);
const every = all.flatMap(({ commands }) => commands);

describe('commands in the docs', () => {
  it.each(all)('are all run by a test: $page', ({ commands }) => {
    expect(commands.filter((command) => runnerOf(command) === undefined)).toEqual([]);
  });

  it('are scripts that a test runs, where they are npm’s', () => {
    const named = every.flatMap((command) => /^npm (?:run )?(ci|test|start|(?<=run )[\w:]+)/.exec(command)?.[1] ?? []);
    const known = new Set([...inMainJob, ...Object.keys(shortRuns), ...measures, ...others]);

    expect(named.length).toBeGreaterThan(20);
    expect(named.filter((name) => name !== 'ci' && !(name in scripts))).toEqual([]);
    expect([...named, ...Object.keys(scripts)].filter((name) => !known.has(name) && !name.startsWith('pre'))).toEqual(
      [],
    );
    expect(inMainJob).toContain('ci');
  });

  it.each(measures)('have a file behind %s', (name) => {
    const [, file = ''] = /node dist\/(\S+)\.js$/.exec(scripts[name] ?? '') ?? [];

    expect(existsSync(join(packageRoot, `${file}.ts`))).toBe(true);
  });

  it.each(manual)('are valid shell: %s', (page) => {
    for (const script of blocksIn(page, 'sh'))
      expect(() => execFileSync('sh', ['-n'], { input: script, stdio: ['pipe', 'ignore', 'pipe'] })).not.toThrow();
  });

  it.each(['.', 'docs'])('are found by npx in the clone, in %s, without the registry', (folder) => {
    const env = { ...process.env, npm_config_offline: 'true' };

    const said = execFileSync('npx', ['kong-privatelink', '--version'], {
      cwd: join(packageRoot, folder),
      env,
      encoding: 'utf8',
    });

    expect(said).toBe(`${version}\n`);
  });

  it.each([...new Set(every.filter((command) => command.includes('npx jest')))])('find tests: %s', (command) => {
    const [, words = ''] = /npx jest ?(.*)/.exec(command) ?? [];
    const argv = words.replace('<its folder>', 'core').split(' ').filter(Boolean);
    const jest = join(packageRoot, 'node_modules/jest/bin/jest.js');

    const listed = execFileSync(process.execPath, [jest, '--listTests', ...argv], {
      cwd: packageRoot,
      encoding: 'utf8',
    });

    expect(listed).toMatch(/\.test\.ts$/m);
  });

  it.each(every.filter((command) => /^KONG_PLUGINSERVER_JS_\w+_CMD=.*pluginserver /.test(command)))(
    'start a server with valid options: %s',
    (command) => {
      const words = /="(.*)"$/.exec(command)?.[1]?.split(' ') ?? [];
      const start = words.findIndex((word) => word.endsWith('pluginserver'));
      const [program, ...argv] = words.slice(start);
      const stock = join(packageRoot, 'node_modules/@kong/kong-pdk/bin/kong-js-pluginserver');

      if (program === 'kong-privatelink-pluginserver') parseOptions(argv);
      else
        expect(execFileSync(process.execPath, [stock, '--help'], { encoding: 'utf8' }).split(/[\s,]+/)).toEqual(
          expect.arrayContaining(argv.filter((word) => word.startsWith('-'))),
        );
    },
  );

  it.each(every.filter((command) => command.startsWith('docker ')))(
    'name existing files and options for Docker: %s',
    async (command) => {
      const [, file] = / -f (\S+)/.exec(command) ?? [];
      const [, verb, flags = ''] = / kong-privatelink ([a-z]+)( .*)/.exec(command) ?? [];
      const { out } = await runCli([verb ?? 'sync', '--help']);

      expect(existsSync(join(packageRoot, file ?? 'docker-compose.yml'))).toBe(true);
      for (const flag of flags.match(/(?<= )--?[a-z-]+/g) ?? []) expect(out).toContain(flag);
    },
  );
});

describe('our commands in the docs', () => {
  const pages = all
    .map(({ page, commands }) => ({ page, commands: commands.filter((command) => ours.test(command)) }))
    // The page of all codes says the same for many.
    .map(({ page, commands }) => ({ page, commands: isGenerated(page) ? [...new Set(commands)] : commands }))
    .filter(({ commands }) => commands.length > 0);
  /** Exit codes that are right for a verb; 0 for the others. */
  const codes: Readonly<Record<string, readonly number[]>> = {
    // Its own page alone has a configuration with contracts.
    contracts: [0, 1],
    diff: [0, 2],
    // No AWS has the endpoint of the example, and no worker runs.
    explain: [0, 1],
    // Nothing of this name can be adopted or released.
    adopt: [0, 1, 2],
    // The configuration exists already.
    init: [1],
    retire: [3],
    rollback: [0, 3],
    rollout: [0, 2],
  };
  let estate: Estate;

  beforeEach(async () => {
    estate = await openEstate();
    estate.addEndpoint('sd2', ['10.0.1.11']);
    // The file that `protect` writes.
    writeFileSync(join(estate.folder, 'kong-privatelink.d.yaml'), '');
    estate.configure(`${workerConfig(estate)}include: [kong-privatelink.d.yaml]\n`);
    // The file that decK dumps.
    writeFileSync(join(estate.folder, 'dump.yaml'), '_format_version: "3.0"\n');
  });

  afterEach(() => estate.close());

  function settings() {
    return { cwd: estate.folder, env: { PATH: process.env.PATH, ...keysOf(gatewayAccount), ...estate.env } };
  }

  /**
   * Runs the command in the folder of the configuration. A command that does not end is stopped
   * after its first pass.
   */
  async function exitCodeOf(argv: readonly string[]): Promise<unknown> {
    const isResolver = argv[0] === 'resolver';
    if (!argv.includes('--watch') && !isResolver)
      return promisify(execFile)(process.execPath, [builtCli, ...argv], settings()).then(
        () => 0,
        ({ code }) => code,
      );
    // Listens on ports of its own.
    const more = isResolver ? ['--listen', '127.0.0.1:0', '--json'] : [];
    const worker = spawn(process.execPath, [builtCli, ...argv, ...more], {
      ...settings(),
      stdio: ['ignore', 'pipe', isResolver ? 'ignore' : 'inherit'],
    });
    const goesOn = isResolver ? '"address"' : 'pass ended';
    let log = '';
    worker.stdout.on('data', (chunk) => {
      const wasTold = log.includes(goesOn);
      log += chunk;
      // A second signal would not wait.
      if (!wasTold && log.includes(goesOn)) worker.kill('SIGTERM');
    });
    const [code] = await once(worker, 'close');
    return code;
  }

  const staged = (config: string) =>
    config.replace(/^controlPlane: \{(.*)\}$/m, 'controlPlanes: [{ stage: canary,$1}]');

  const rolledOut = `rollout: { settleSeconds: 1, bakeSeconds: 1, gates: { dataPlanes: best-effort, approval: true } }\n`;

  /** Pages with rollback or a rollout, each with its configuration. */
  const goingBack: Readonly<Record<string, (config: string) => string>> = {
    'docs/stages.md': staged,
    'docs/rollouts.md': (config) => `${staged(config)}${rolledOut}`,
    'docs/troubleshooting.md': (config) => `${staged(config)}${rolledOut}`,
    'docs/sandbox.md': (config) => config,
  };

  /** Runs two revisions; returns the id to put in place of the docs' own id. */
  async function prepareRevisions(of: (config: string) => string): Promise<string> {
    const config = of(workerConfig(estate));
    for (const more of ['', 'domains: { sd2: { healthcheck: { path: /ok } } }\n']) {
      estate.configure(`${config}${more}`);
      await exitCodeOf(['sync']);
    }
    const { out } = await estate.run('history', '--json');
    return JSON.parse(out).history.at(-1).revision;
  }

  /** Puts an existing service in place of the page's service, which AWS here does not know. */
  function prepareContracts(): void {
    const [example = ''] = blocksIn('docs/contracts.md', 'yaml');
    const { id } = estate.world.createService({ account: gatewayAccount, region: 'us-east-1' });
    const service = `id: ${id}, endpoint: "${estate.aws.url}",`;
    estate.configure(`${workerConfig(estate)}${example.replace(/id: vpce-svc-\w+,/, service)}`);
  }

  it.each(pages)('run, in their order: $page', async ({ page, commands }) => {
    const { [page]: of } = goingBack;
    if (page === 'docs/contracts.md') prepareContracts();
    const revision = of ? await prepareRevisions(of) : '';
    for (const command of commands) {
      const argv = command
        .replace(/\b[0-9a-f]{12}\b/, revision)
        .replace(ours, '')
        .replace(/ > \S+$/, '')
        .replace(/(?<= -c )\S+/, 'kong-privatelink.yaml')
        .replace(/(?<= --metrics )\S+/, '127.0.0.1:0')
        .replaceAll("'", '')
        .split(' ');

      const exitCode = await exitCodeOf(argv);

      expect({ command, exitCode: codes[argv[0] ?? ''] ?? [0] }).toEqual({
        command,
        exitCode: expect.arrayContaining([exitCode]),
      });
    }
  });

  it('write the files that they name', async () => {
    await exitCodeOf(['render', '-o', 'kong.yaml']);

    expect(readFileSync(join(estate.folder, 'kong.yaml'), 'utf8')).toContain('10.0.1.11:80');
  });
});
