import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { runCli } from '../../support/cli';
import { commandsOf, readRecipe, recipePath } from '../../support/documents/recipe';

const root = join(__dirname, '../../..');
const recipe = readRecipe();
const commands = commandsOf(recipe, 'kong-privatelink');

describe('the CI recipe', () => {
  it('compares on a pull request, and writes otherwise', () => {
    const verbs = Object.entries(recipe.jobs).map(([job, one]) => [
      job,
      one.if,
      commandsOf({ jobs: { [job]: one } }, 'kong-privatelink').map(([verb]) => verb),
    ]);

    expect(verbs).toEqual([
      ['diff', "github.event_name == 'pull_request'", ['diff', 'render']],
      ['sync', "github.event_name != 'pull_request'", ['sync', 'render']],
    ]);
  });

  it.each(commands)('calls %s with existing flags: %j', async (verb, flags) => {
    const { exitCode, out } = await runCli([verb, '--help']);

    expect(exitCode).toBe(0);
    for (const flag of flags) expect(out).toMatch(new RegExp(`^ +.*${flag}[ ,]`, 'm'));
  });

  it('logs in to AWS by OIDC, with a token of Konnect for each environment', () => {
    for (const job of Object.values(recipe.jobs)) {
      expect(job).toMatchObject({
        environment: expect.stringMatching(/^gateway/),
        permissions: { 'id-token': 'write', contents: 'read' },
      });
    }
  });

  it('puts no expression into a shell: secrets stay out of argv, and a pull request’s text never runs', () => {
    const scripts = Object.values(recipe.jobs).flatMap((job) => job.steps.flatMap((step) => step.run ?? []));

    expect(scripts).not.toEqual([]);
    for (const script of scripts) expect(script).not.toContain('${{');
  });

  it('gives each token only to the step that calls the verb with it', () => {
    const needs: Readonly<Record<string, string>> = {
      KONNECT_TOKEN: 'kong-privatelink',
      AWS_ACCESS_KEY_ID: 'kong-privatelink',
      AWS_SECRET_ACCESS_KEY: 'kong-privatelink',
      AWS_SESSION_TOKEN: 'kong-privatelink',
      DECK_KONNECT_TOKEN: 'deck',
      GH_TOKEN: 'gh',
    };
    const isToken = (value: string) => /secrets\.|github\.token|outputs\./.test(value);
    const shared = [recipe.env, ...Object.values(recipe.jobs).map(({ env }) => env)];
    const steps = Object.values(recipe.jobs).flatMap((job) => job.steps);

    expect(shared.flatMap((env) => Object.values(env)).filter(isToken)).toEqual([]);
    for (const { env, run = '' } of steps)
      for (const [name, value] of Object.entries(env).filter(([, one]) => isToken(one)))
        expect({ name, value, run }).toMatchObject({ run: expect.stringMatching(RegExp(`^ *${needs[name]} `, 'm')) });
    expect(new Set(steps.flatMap(({ env }) => Object.keys(env).filter((name) => isToken(env[name] ?? ''))))).toEqual(
      new Set(Object.keys(needs)),
    );
    for (const { uses = '', with: inputs } of steps) {
      if (uses.startsWith('actions/checkout')) expect(inputs).toMatchObject({ 'persist-credentials': false });
      if (uses.startsWith('aws-actions')) expect(inputs).toMatchObject({ 'output-env-credentials': false });
    }
  });

  it.each([recipePath, join(root, '.github/workflows/ci.yml')])(
    'pins actions by commit, with the version in a comment: %s',
    (path) => {
      const uses = readFileSync(path, 'utf8').match(/(?<=\buses: ).*/g) ?? [];

      expect(uses.length).toBeGreaterThan(3);
      for (const one of uses) expect(one).toMatch(/^[\w-]+\/[\w/-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/);
    },
  );

  it('runs no install script of a package', () => {
    const installs = readFileSync(recipePath, 'utf8').match(/npm (ci|install|link).*/g) ?? [];

    expect(installs).not.toEqual([]);
    for (const install of installs) expect(install).toMatch(/^npm (ci|link) --ignore-scripts/);
  });

  it('is explained in docs/ci.md, which README links', () => {
    const page = readFileSync(join(root, 'docs/ci.md'), 'utf8');
    const links = [...page.matchAll(/\]\(([^)#]+)/g)].map(([, path = '']) => path);

    expect(readFileSync(join(root, 'README.md'), 'utf8')).toContain('(docs/ci.md)');
    expect(links).toContain('../deck/examples/ci/github-actions.yml');
    for (const link of links) expect(existsSync(join(root, 'docs', link))).toBe(true);
  });
});
