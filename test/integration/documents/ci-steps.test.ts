import { execFile } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { keysOf } from '../../support/aws/keys';
import { readRecipe, scriptOf } from '../../support/documents/recipe';
import { type Estate, gatewayAccount, openEstate } from '../../support/estate';
import { builtCli } from '../../support/sandbox';

const recipe = readRecipe();

let estate: Estate;

beforeEach(async () => {
  estate = await openEstate();
  estate.addEndpoint('sd2', ['10.0.1.11']);
  mkdirSync(join(estate.folder, 'bin'));
  provide('kong-privatelink', `exec "${process.execPath}" "${builtCli}" "$@"`);
  // The suite of decK runs the real decK.
  provide('deck', 'echo "deck $*"');
  provide('gh', 'echo "gh $*"');
});

afterEach(() => estate.close());

function provide(program: string, script: string): void {
  writeFileSync(join(estate.folder, 'bin', program), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
}

/**
 * Runs a step as GitHub does, in a checkout with the estate's configuration; returns its output.
 */
async function run(job: string, step: string): Promise<string> {
  const { stdout } = await promisify(execFile)('bash', ['-e', '-c', scriptOf(recipe, job, step)], {
    cwd: estate.folder,
    env: {
      ...estate.env,
      ...keysOf(gatewayAccount),
      PATH: `${join(estate.folder, 'bin')}:${process.env.PATH}`,
      PULL_REQUEST: '7',
    },
  });
  return stdout;
}

const read = (name: string) => readFileSync(join(estate.folder, name), 'utf8');

describe("the CI recipe's steps", () => {
  it('post a summary, with the changes of sync and decK folded below it', async () => {
    await run('diff', 'Compare, and render');
    await run('diff', 'Compare with decK');
    const posted = await run('diff', 'Write the comment');

    const [summary, ...folded] = read('comment.md').split('<details>');
    expect(posted).toBe('gh pr comment 7 --edit-last --create-if-none --body-file comment.md\n');
    expect(summary).toBe('### kong-privatelink\n\n```\n4 to create, 0 to update, 0 to delete\n```\n\n');
    expect(folded).toHaveLength(2);
    expect(folded[0]).toContain(`\n\n\`\`\`\n${read('diff.txt')}\n\`\`\`\n\n</details>`);
    expect(folded[1]).toContain('\n\n```diff\ndeck gateway diff kong.yaml --no-color\n\n```\n\n</details>');
    expect(read('kong.yaml')).toContain('10.0.1.11:80');
    expect(estate.konnect.entities('prod', 'targets')).toEqual([]);
  });

  it('post each change, however many there are', async () => {
    for (let index = 0; index < 15; index += 1) estate.addEndpoint(`many${index}`, [`10.0.2.${index}`]);

    await run('diff', 'Compare, and render');

    expect(read('diff.txt').match(/^ +create +target /gm)).toHaveLength(16);
  });

  it('keep within the size of a comment, and each part stays valid Markdown', async () => {
    for (const name of ['diff.txt', 'deck.txt'])
      writeFileSync(join(estate.folder, name), `${'x'.repeat(70_000)}\nlast\n`);

    await run('diff', 'Write the comment');

    const comment = read('comment.md');
    expect(comment.length).toBeLessThan(65_536);
    expect(comment.match(/^```/gm)).toHaveLength(6);
    expect(comment.match(/<\/details>/g)).toHaveLength(2);
  });

  it('fail with an unusable configuration', async () => {
    estate.configure('owner: test\n');

    await expect(run('diff', 'Compare, and render')).rejects.toMatchObject({ code: 1 });
  });

  it('write, and leave the file for decK to check', async () => {
    await run('sync', 'Write, and render');
    const checked = await run('sync', 'Check with decK');

    expect(estate.konnect.entities('prod', 'targets')).toHaveLength(1);
    expect(read('kong.yaml')).toContain('10.0.1.11:80');
    expect(checked).toBe('deck gateway diff kong.yaml --no-color --non-zero-exit-code\n');
  });
});
