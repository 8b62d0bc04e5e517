import { execFile } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { parse } from 'yaml';
import { z } from 'zod';
import { fileSchema } from '#config/stages';
import { runCli } from '../../support/cli';
import { blocksIn } from '../../support/documents/pages';
import { commandsOf, readRecipe, rolloutPath, rolloutStagePath, scriptOf } from '../../support/documents/recipe';

const recipe = readRecipe(rolloutPath);
const stage = readRecipe(rolloutStagePath);
const steps = [recipe, stage].flatMap(({ jobs }) => Object.values(jobs).flatMap((job) => job.steps));
const called = z.object({
  needs: z.string().optional(),
  with: z.object({ stage: z.string() }),
  permissions: z.object({ contents: z.literal('read'), 'id-token': z.literal('write') }).strict(),
  secrets: z.literal('inherit'),
});
const stageJobs = Object.entries(recipe.jobs).flatMap(([name, job]) =>
  job.uses === undefined ? [] : [{ name, if: job.if, uses: job.uses, ...called.parse(job) }],
);

describe('the recipe of a rollout', () => {
  it('has a job for each stage of the example in docs/rollouts.md, in its order', () => {
    const [text = ''] = blocksIn('docs/rollouts.md', 'yaml');
    const { order = [] } = fileSchema.shape.rollout.unwrap().parse(parse(text).rollout);
    const waves = order.map((wave) => [wave].flat());

    const jobs = stageJobs.map(({ name, needs, with: { stage } }) => ({ name, needs, stage }));

    expect(jobs).toEqual(
      waves.flatMap((wave, index) => wave.map((name) => ({ name, needs: waves[index - 1]?.[0], stage: name }))),
    );
  });

  it('plans on a pull request with a token that may only read, and writes otherwise', () => {
    const { plan } = recipe.jobs;
    expect(plan).toMatchObject({ if: "github.event_name == 'pull_request'", environment: 'gateway-review' });
    expect(commandsOf({ jobs: { plan: plan ?? { env: {}, steps: [] } } }, 'kong-privatelink')).toEqual([
      ['diff', ['--verbose']],
    ]);
    expect(stageJobs[0]?.if).toBe("github.event_name != 'pull_request'");
    for (const { uses } of stageJobs) expect(uses).toBe('./.github/workflows/rollout-stage.yml');
    expect(stage.jobs.stage).toMatchObject({
      environment: expect.stringMatching(/^gateway-\$\{\{ inputs\.stage \}\}$/),
      permissions: { contents: 'read', 'id-token': 'write' },
    });
    expect(stage).toMatchObject({ permissions: {} });
  });

  it('writes a stage, or lets decK write it, and watches its gates in the same job', () => {
    const told = Object.values(stage.jobs).flatMap((job) =>
      job.steps.flatMap(({ name, run = '', if: when }) =>
        /^(kong-privatelink|deck) /m.test(run) ? [[name, when, run.trim().split('\n')]] : [],
      ),
    );

    expect(told).toEqual([
      ['Render for decK', 'inputs.deck', ['kong-privatelink render --stage "$STAGE" -o stage.yaml']],
      [
        'Write with decK',
        'inputs.deck',
        ['deck gateway diff stage.yaml --no-color', 'deck gateway sync stage.yaml --no-color'],
      ],
      ['Roll out', undefined, ['kong-privatelink rollout --stage "$STAGE"']],
    ]);
  });

  const calls = [recipe, stage].flatMap((one) => commandsOf(one, 'kong-privatelink'));

  it.each(calls.filter(([verb]) => verb !== 'rollout'))('calls %s with flags that it has: %j', async (verb, flags) => {
    const { exitCode, out } = await runCli([verb, '--help']);

    expect(exitCode).toBe(0);
    for (const flag of flags) expect(out).toMatch(new RegExp(`^ +.*${flag}[ ,]`, 'm'));
  });

  it('expands nothing into a shell', () => {
    const scripts = steps.flatMap(({ run }) => run ?? []);

    expect(scripts.length).toBeGreaterThan(5);
    for (const script of scripts) expect(script).not.toContain('${{');
  });

  it('gives each token to the step alone that calls what needs it', () => {
    const ours = 'kong-privatelink';
    const needs: Readonly<Record<string, string>> = {
      KONNECT_TOKEN: ours,
      PROBE_KEY: ours,
      HOOK_SECRET: ours,
      AWS_ACCESS_KEY_ID: ours,
      AWS_SECRET_ACCESS_KEY: ours,
      AWS_SESSION_TOKEN: ours,
      DECK_KONNECT_TOKEN: 'deck',
      GH_TOKEN: 'gh',
    };
    const isToken = (value: string) => /secrets\.|github\.token|outputs\./.test(value);
    const shared = [recipe, stage].flatMap(({ env, jobs }) => [env, ...Object.values(jobs).map((job) => job.env)]);

    expect(shared.flatMap((env) => Object.values(env)).filter(isToken)).toEqual([]);
    for (const { env, run = '' } of steps)
      for (const [name, value] of Object.entries(env).filter(([, one]) => isToken(one)))
        expect({ name, value, run }).toMatchObject({ run: expect.stringMatching(RegExp(`^ *${needs[name]} `, 'm')) });
    for (const { uses = '', with: inputs } of steps) {
      if (uses.startsWith('actions/checkout')) expect(inputs).toMatchObject({ 'persist-credentials': false });
      if (uses.startsWith('aws-actions')) expect(inputs).toMatchObject({ 'output-env-credentials': false });
    }
  });

  it('runs one rollout at a time, and stops none half-way', () => {
    expect(recipe).toMatchObject({
      concurrency: { group: expect.stringMatching(/^rollout-\$\{\{ github\.ref \}\}$/), 'cancel-in-progress': false },
    });
  });

  it.each([rolloutPath, rolloutStagePath])('names actions by commit, and runs no script of a package: %s', (path) => {
    const text = readFileSync(path, 'utf8');
    const uses = text.match(/(?<=\buses: )(?!\.\/).*/g) ?? [];
    const installs = text.match(/npm (ci|install|link).*/g) ?? [];

    expect(uses.length).toBeGreaterThan(3);
    for (const one of uses) expect(one).toMatch(/^[\w-]+\/[\w/-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/);
    for (const install of installs) expect(install).toMatch(/^npm (ci|link) --ignore-scripts/);
  });

  it('keeps what a stage ran and passes on what it proved, also where it was halted', () => {
    const keeping = steps.filter(
      ({ uses = '', name = '' }) => /cache\/save|upload-artifact/.test(uses) || /^Keep/.test(name),
    );

    expect(keeping).toHaveLength(3);
    for (const one of keeping) expect(one).toMatchObject({ if: 'always()' });
    // What is passed on is the folder that holds journals alone.
    expect(keeping[1]).toMatchObject({ with: { path: 'own' } });
  });
});

/** On runners that know nothing, with a cache for each stage, and the artifacts of one run. */
describe("the recipe's steps", () => {
  let folder: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'kong-privatelink-'));
    for (const name of ['bin', 'caches', 'artifacts']) mkdirSync(join(folder, name));
    // A rollout of a stage writes its own journal and revision, and says which journals it could see.
    const program = `#!/bin/sh
ls .kong-privatelink | grep '^stage' | tr '\\n' ' '
cat .kong-privatelink/stage.test.canary.json 2>/dev/null
echo "$RUN" > ".kong-privatelink/stage.test.$STAGE.json"
echo secret > ".kong-privatelink/revision.$STAGE.json"
`;
    writeFileSync(join(folder, 'bin/kong-privatelink'), program, { mode: 0o755 });
  });

  afterEach(() => rmSync(folder, { recursive: true }));

  /** A job of a run, on a runner of its own; gives what the rollout saw. */
  async function runJob(name: string, run: string): Promise<string> {
    const runner = mkdtempSync(join(folder, 'runner-'));
    const env = { PATH: `${join(folder, 'bin')}:${process.env.PATH}`, STAGE: name, RUN: run };
    const script = async (title: string) => {
      const argv = ['-e', '-c', scriptOf(stage, 'stage', title)];
      return (await promisify(execFile)('bash', argv, { cwd: runner, env })).stdout;
    };
    const [state, cache] = [join(runner, '.kong-privatelink'), join(folder, 'caches', name)];
    if (existsSync(cache)) cpSync(cache, state, { recursive: true });
    for (const artifact of readdirSync(join(folder, 'artifacts')))
      cpSync(join(folder, 'artifacts', artifact), join(runner, 'proved'), { recursive: true });
    await script('Take over what other stages proved');
    const seen = await script('Roll out');
    await script('Keep what this stage proved apart from the rest');
    rmSync(cache, { recursive: true, force: true });
    cpSync(state, cache, { recursive: true });
    rmSync(join(folder, 'artifacts', name), { recursive: true, force: true });
    renameSync(join(runner, 'own'), join(folder, 'artifacts', name));
    return seen;
  }

  const startRun = () => {
    rmSync(join(folder, 'artifacts'), { recursive: true });
    mkdirSync(join(folder, 'artifacts'));
  };
  const filesIn = (name: string) => readdirSync(join(folder, name), { recursive: true, encoding: 'utf8' }).sort();

  it('give a stage the journals of those before it, of this run, and pass on its own alone', async () => {
    const first = [await runJob('canary', 'one'), await runJob('eu', 'one'), await runJob('us', 'one')];
    startRun();
    const second = [await runJob('canary', 'two'), await runJob('eu', 'two'), await runJob('us', 'two')];

    expect(first).toEqual(['', 'stage.test.canary.json one\n', 'stage.test.canary.json stage.test.eu.json one\n']);
    expect(second).toEqual([
      'stage.test.canary.json one\n',
      'stage.test.canary.json stage.test.eu.json two\n',
      'stage.test.canary.json stage.test.eu.json stage.test.us.json two\n',
    ]);
    expect(filesIn('artifacts').filter((name) => name.endsWith('.json'))).toEqual([
      'canary/canary/stage.test.canary.json',
      'eu/eu/stage.test.eu.json',
      'us/us/stage.test.us.json',
    ]);
    expect(filesIn('caches/us')).toEqual(['revision.us.json', 'stage.test.us.json']);
  });

  it('take its own from the cache where a job is run once more', async () => {
    await runJob('canary', 'one');
    await runJob('eu', 'first try');

    const seen = await runJob('eu', 'second try');

    expect(seen).toBe('stage.test.canary.json stage.test.eu.json one\n');
    expect(filesIn('artifacts/eu')).toEqual(['eu', 'eu/stage.test.eu.json']);
    expect(readFileSync(join(folder, 'artifacts/eu/eu/stage.test.eu.json'), 'utf8')).toBe('second try\n');
  });

  it('keep within what a comment may hold', async () => {
    writeFileSync(join(folder, 'diff.txt'), `${'x'.repeat(70_000)}\n`);
    writeFileSync(join(folder, 'bin/gh'), '#!/bin/sh\necho "gh $*"\n', { mode: 0o755 });
    const env = { PATH: `${join(folder, 'bin')}:${process.env.PATH}`, PULL_REQUEST: '7' };

    const argv = ['-e', '-c', scriptOf(recipe, 'plan', 'Write the comment')];
    const { stdout } = await promisify(execFile)('bash', argv, { cwd: folder, env });

    expect(stdout).toBe('gh pr comment 7 --edit-last --create-if-none --body-file comment.md\n');
    expect(readFileSync(join(folder, 'comment.md'), 'utf8').length).toBeLessThan(65_536);
  });
});
