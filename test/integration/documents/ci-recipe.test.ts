import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { runCli } from '../../support/cli';
import { commandsOf, readRecipe } from '../../support/documents/recipe';

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

  it.each(commands)('calls %s with flags that it has: %j', async (verb, flags) => {
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

  it('expands nothing into a shell: secrets stay out of argv, and a pull request’s text is never run', () => {
    const scripts = Object.values(recipe.jobs).flatMap((job) => job.steps.flatMap((step) => step.run ?? []));

    expect(scripts).not.toEqual([]);
    for (const script of scripts) expect(script).not.toContain('${{');
  });

  it('is explained in docs/ci.md, which README links', () => {
    const page = readFileSync(join(root, 'docs/ci.md'), 'utf8');
    const links = [...page.matchAll(/\]\(([^)#]+)/g)].map(([, path = '']) => path);

    expect(readFileSync(join(root, 'README.md'), 'utf8')).toContain('(docs/ci.md)');
    expect(links).toContain('../deck/examples/ci/github-actions.yml');
    for (const link of links) expect(existsSync(join(root, 'docs', link))).toBe(true);
  });
});
