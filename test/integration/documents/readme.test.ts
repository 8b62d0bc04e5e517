import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { blocksIn, textOf } from '../../support/documents/pages';
import { type Estate, openEstate } from '../../support/estate';

const root = resolve(__dirname, '../../..');
const readme = textOf('README.md');

const commands = blocksIn('README.md', 'sh').flatMap((block) => block.trim().split('\n'));
/** What day-one.test.ts runs against a served sandbox. */
const dayOne = (blocksIn('README.md', 'sh').find((block) => block.includes(' init ')) ?? '').trim().split('\n');
const verbs = commands
  .filter((command) => command.startsWith('kong-privatelink '))
  .map((command) => command.split(' ').slice(1));

let estate: Estate;

beforeEach(async () => {
  estate = await openEstate();
});

afterEach(() => estate.close());

describe('README', () => {
  it('has only commands that the tests and the main job run', () => {
    const known = [
      'npm ci && npm start',
      'npm ci && npm test',
      ...dayOne,
      'npm install --global "./$(npm pack --silent)"',
      'export KONNECT_TOKEN="$(cat ~/.konnect-token)"',
    ];

    expect(commands.filter((command) => !command.startsWith('kong-privatelink '))).toEqual(known);
    expect(verbs.map(([verb]) => verb)).toEqual(['discover', 'diff', 'sync', 'render']);
  });

  it('shows a configuration with which its commands work as it says', async () => {
    const [example = ''] = blocksIn('README.md', 'yaml');
    const here = example
      .replace('https://us.api.konghq.com', estate.konnect.url)
      .replace('regions: [us-east-1] }', `regions: [us-east-1], endpoint: "${estate.aws.url}" }`);
    estate.configure(here);
    estate.addEndpoint('sd2', ['10.0.1.11']);

    const exitCodes: number[] = [];
    for (const argv of verbs) {
      const local = argv.map((word) => (word === 'kong.yaml' ? join(estate.folder, word) : word));
      exitCodes.push((await estate.run(...local)).exitCode);
    }

    expect(here).not.toBe(example);
    expect(exitCodes).toEqual([0, 2, 0, 0]);
    expect(readFileSync(join(estate.folder, 'kong.yaml'), 'utf8')).toContain('10.0.1.11:80');
  });

  it('runs as an installed command', async () => {
    const { stdout } = await promisify(execFile)(process.execPath, [join(root, 'dist/sync/cli/cli.js'), '--help']);

    const inline = [...readme.matchAll(/`kong-privatelink (\w+)`/g)].map(([, verb = '']) => verb);
    for (const verb of [...verbs.map(([name = '']) => name), ...inline, 'sandbox'])
      expect(stdout).toContain(`  ${verb} `);
  });
});

describe('docs/setup.md', () => {
  const shown = [...textOf('docs/setup.md').matchAll(/^ *```text\n([\s\S]*?)^ *```/gm)].map(([, lines = '']) => lines);
  const lines = (text: string) =>
    text
      .split('\n')
      .map((line) => line.trim().replace(/\s+/g, ' '))
      .filter(Boolean);

  async function printed(...argv: readonly string[]): Promise<readonly string[]> {
    const { out } = await estate.run(...argv);
    return lines(out.replace(/vpce-[0-9a-f]+/g, 'vpce-0123456789abcdef0'));
  }

  it('shows the output of doctor, discover and diff, and of diff after sync', async () => {
    const [checks = '', endpoints = '', changes = ''] = shown;
    estate.addEndpoint('sd2', ['10.0.1.11', '10.0.2.11']);

    // Node's version and the file are those of the reader's machine.
    const own = lines(checks).filter((line) => !/^(Node\.js|configuration|…)/.test(line));
    expect(await printed('doctor')).toEqual(expect.arrayContaining(own));
    // The network of the estate has findings too.
    expect((await printed('discover')).slice(0, 2)).toEqual(lines(endpoints));
    expect(await printed('diff')).toEqual(lines(changes));
    await estate.run('sync');
    expect(textOf('docs/setup.md')).toContain(`prints \`${(await printed('diff')).join()}\``);
  });

  it('shows an endpoint in quarantine as discover does', async () => {
    const [quarantined = ''] = lines(shown[3] ?? '');
    estate.addEndpoint('sd2', ['10.0.1.11'], { tags: { 'kong:protocol': 'htp' } });

    expect(await printed('discover')).toContain(quarantined);
  });
});
