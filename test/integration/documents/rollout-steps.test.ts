import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { keysOf } from '../../support/aws/keys';
import { readRecipe, rolloutPath, scriptOf } from '../../support/documents/recipe';
import { openRunners, type Runners } from '../../support/documents/runners';
import { type Estate, gatewayAccount, openEstate, stagedConfig, stageOf } from '../../support/estate';
import { builtCli } from '../../support/sandbox';

let folder: string;
let env: NodeJS.ProcessEnv;
let runners: Runners;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'kong-privatelink-'));
  mkdirSync(join(folder, 'bin'));
  env = { PATH: `${join(folder, 'bin')}:${process.env.PATH}` };
  runners = openRunners(folder, env);
});

afterEach(() => rmSync(folder, { recursive: true }));

function provide(program: string, script: string): void {
  writeFileSync(join(folder, 'bin', program), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
}

const checkOut = (run: string) => writeFileSync(join(runners.checkout, 'run'), run);
const filesIn = (path: string) => readdirSync(path, { recursive: true, encoding: 'utf8' }).sort();

/**
 * A rollout that prints its journals and the journal of canary, and writes its own journal and
 * revision.
 */
const rollout = `
ls .kong-privatelink | grep '^stage' | tr '\\n' ' '
cat .kong-privatelink/stage.test.canary.json 2>/dev/null
cp run ".kong-privatelink/stage.test.$STAGE.json"
echo secret > ".kong-privatelink/revision.$STAGE.json"
`;

describe("the recipe's job for a stage", () => {
  it('gets the journals of earlier stages of this run, and passes on its own journal alone', async () => {
    provide('kong-privatelink', rollout);
    const outs: string[][] = [];
    for (const run of ['one', 'two']) {
      runners.startRun();
      checkOut(run);
      const results = [await runners.run('canary'), await runners.run('eu'), await runners.run('us')];
      outs.push(results.map(({ out }) => out));
    }

    expect(outs).toEqual([
      ['', 'stage.test.canary.json one', 'stage.test.canary.json stage.test.eu.json one'],
      [
        'stage.test.canary.json one',
        'stage.test.canary.json stage.test.eu.json two',
        'stage.test.canary.json stage.test.eu.json stage.test.us.json two',
      ],
    ]);
    expect(filesIn(runners.artifacts).filter((name) => name.endsWith('.json'))).toEqual([
      'canary/canary/stage.test.canary.json',
      'eu/eu/stage.test.eu.json',
      'us/us/stage.test.us.json',
    ]);
    expect(filesIn(join(runners.caches, 'us'))).toEqual(['revision.us.json', 'stage.test.us.json']);
  });

  it('takes its own journal from the cache when it runs again, even after a halt', async () => {
    provide('kong-privatelink', `${rollout}[ "$STAGE" = canary ] || exit 3`);
    checkOut('first');
    await runners.run('canary');
    const halted = await runners.run('eu');
    checkOut('second');

    const again = await runners.run('eu');

    expect([halted.exitCode, again]).toEqual([
      3,
      { exitCode: 3, out: 'stage.test.canary.json stage.test.eu.json first' },
    ]);
    expect(filesIn(join(runners.artifacts, 'eu'))).toEqual(['eu', 'eu/stage.test.eu.json']);
    expect(readFileSync(join(runners.artifacts, 'eu/eu/stage.test.eu.json'), 'utf8')).toBe('second');
  });

  it('passes on no journal where none is known', async () => {
    provide('kong-privatelink', 'exit 1');

    await expect(runners.run('canary')).resolves.toEqual({ exitCode: 1, out: '' });
    expect(filesIn(runners.artifacts)).toEqual(['canary', 'canary/canary']);
  });
});

it("the recipe's comment keeps within the size of a comment", async () => {
  writeFileSync(join(folder, 'diff.txt'), `${'x'.repeat(70_000)}\n`);
  provide('gh', 'echo "gh $*"');

  const argv = ['-e', '-c', scriptOf(readRecipe(rolloutPath), 'plan', 'Write the comment')];
  const { stdout } = await promisify(execFile)('bash', argv, { cwd: folder, env: { ...env, PULL_REQUEST: '7' } });

  expect(stdout).toBe('gh pr comment 7 --edit-last --create-if-none --body-file comment.md\n');
  expect(readFileSync(join(folder, 'comment.md'), 'utf8').length).toBeLessThan(65_536);
});

const stages = ['canary', 'eu', 'us'] as const;

describe('the jobs of a rollout, with the product', () => {
  let estate: Estate;
  let nodes: NodeJS.Timeout;

  beforeEach(async () => {
    estate = await openEstate(stages.map((name) => ({ name })));
    // A data plane of each control plane runs the expected configuration at once.
    const report = (name: string) =>
      estate.konnect.reportNode(name, { id: name, hostname: name, configHash: estate.konnect.configHash(name) });
    nodes = setInterval(() => stages.forEach(report), 20);
    estate.addEndpoint('sd2', ['10.0.1.11']);
    provide('kong-privatelink', `exec "${process.execPath}" "${builtCli}" "$@"`);
    Object.assign(env, keysOf(gatewayAccount), estate.env);
  });

  afterEach(async () => {
    clearInterval(nodes);
    await estate.close();
  });

  function commit(path: string): void {
    const entries = stages.map((name) => stageOf(estate, name));
    const rest = {
      rollout: { order: ['canary', ['eu', 'us']], settleSeconds: 60, bakeSeconds: 1 },
      domains: { sd2: { healthcheck: { path } } },
    };
    const lines = Object.entries(rest).map(([key, value]) => `${key}: ${JSON.stringify(value)}\n`);
    writeFileSync(join(runners.checkout, 'kong-privatelink.yaml'), stagedConfig(estate, entries) + lines.join(''));
    runners.startRun();
  }

  const pathsIn = (name: string) =>
    estate.konnect.entities(name, 'upstreams').map((one) => JSON.stringify(one).match(/"http_path":"(\/\w+)"/)?.[1]);

  it('run one after the other, and the next run begins where this run ended', async () => {
    for (const path of ['/one', '/two']) {
      commit(path);
      for (const stage of stages) expect(await runners.run(stage)).toMatchObject({ exitCode: 0 });
    }

    expect(stages.map(pathsIn)).toEqual([['/two'], ['/two'], ['/two']]);
  });

  it('write nothing, and give decK nothing, before the stage before has proved the revision', async () => {
    provide('deck', 'grep -o "/one\\|/two" stage.yaml | sort -u');
    commit('/one');
    for (const stage of stages) await runners.run(stage);
    commit('/two');

    const early = await runners.run('eu', ['Render for decK', 'Write with decK', 'Roll out']);
    const canary = await runners.run('canary', ['Render for decK', 'Write with decK']);

    expect(early).toMatchObject({ exitCode: 2, out: expect.stringMatching(/^\/one\n\/one\n[\s\S]*canary/m) });
    expect(canary).toMatchObject({ exitCode: 0, out: expect.stringContaining('/two\n/two\n') });
    expect(stages.map(pathsIn)).toEqual([['/one'], ['/one'], ['/one']]);
  });
});
