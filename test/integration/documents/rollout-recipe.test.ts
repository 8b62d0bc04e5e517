import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { parse } from 'yaml';
import { z } from 'zod';
import { fileSchema } from '#config/stages';
import { runCli } from '../../support/cli';
import { blocksIn } from '../../support/documents/pages';
import { commandsOf, readRecipe, rolloutPath, rolloutStagePath } from '../../support/documents/recipe';

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

  it('plans on a pull request with a read-only token, and writes otherwise', () => {
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

  it.each(calls)('calls %s with existing flags: %j', async (verb, flags) => {
    const { exitCode, out } = await runCli([verb, '--help']);

    expect(exitCode).toBe(0);
    for (const flag of flags) expect(out).toMatch(new RegExp(`^ +.*${flag}[ ,]`, 'm'));
  });

  it('puts no expression into a shell', () => {
    const scripts = steps.flatMap(({ run }) => run ?? []);

    expect(scripts.length).toBeGreaterThan(5);
    for (const script of scripts) expect(script).not.toContain('${{');
  });

  it('gives each token only to the step that calls the verb with it', () => {
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

  it('runs one rollout at a time, and cancels none half-way', () => {
    expect(recipe).toMatchObject({
      concurrency: { group: expect.stringMatching(/^rollout-\$\{\{ github\.ref \}\}$/), 'cancel-in-progress': false },
    });
  });

  it.each([rolloutPath, rolloutStagePath])(
    'pins actions by commit, and runs no install script of a package: %s',
    (path) => {
      const text = readFileSync(path, 'utf8');
      const uses = text.match(/(?<=\buses: )(?!\.\/).*/g) ?? [];
      const installs = text.match(/npm (ci|install|link).*/g) ?? [];

      expect(uses.length).toBeGreaterThan(3);
      for (const one of uses) expect(one).toMatch(/^[\w-]+\/[\w/-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/);
      for (const install of installs) expect(install).toMatch(/^npm (ci|link) --ignore-scripts/);
    },
  );

  it("keeps each stage's revisions and passes on its journal, even after a halt", () => {
    const keeping = steps.filter(
      ({ uses = '', name = '' }) => /cache\/save|upload-artifact/.test(uses) || /^Keep/.test(name),
    );

    expect(keeping).toHaveLength(3);
    for (const one of keeping) expect(one).toMatchObject({ if: 'always()' });
    // What is passed on is the folder that holds journals alone.
    expect(keeping[1]).toMatchObject({ with: { path: 'own' } });
  });
});
