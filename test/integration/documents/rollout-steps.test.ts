import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { readRecipe, rolloutPath, scriptOf } from '../../support/documents/recipe';
import { openRunners, type Runners } from '../../support/documents/runners';

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

/** A rollout that says which journals it sees and what is in that of canary, and writes its own, with its revision. */
const rollout = `
ls .kong-privatelink | grep '^stage' | tr '\\n' ' '
cat .kong-privatelink/stage.test.canary.json 2>/dev/null
cp run ".kong-privatelink/stage.test.$STAGE.json"
echo secret > ".kong-privatelink/revision.$STAGE.json"
`;

describe("the recipe's job for a stage", () => {
  it('gets the journals of stages before it, of this run, and passes on its own alone', () => {
    provide('kong-privatelink', rollout);
    const runAll = (run: string) => {
      runners.startRun();
      checkOut(run);
      return ['canary', 'eu', 'us'].map((stage) => runners.run(stage).out);
    };

    const outs = [runAll('one'), runAll('two')];

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

  it('takes its own from the cache when it is run once more, also where it was halted', () => {
    provide('kong-privatelink', `${rollout}[ "$STAGE" = canary ] || exit 3`);
    checkOut('first');
    runners.run('canary');
    const halted = runners.run('eu');
    checkOut('second');

    const again = runners.run('eu');

    expect([halted.exitCode, again]).toEqual([
      3,
      { exitCode: 3, out: 'stage.test.canary.json stage.test.eu.json first' },
    ]);
    expect(filesIn(join(runners.artifacts, 'eu'))).toEqual(['eu', 'eu/stage.test.eu.json']);
    expect(readFileSync(join(runners.artifacts, 'eu/eu/stage.test.eu.json'), 'utf8')).toBe('second');
  });

  it('passes on nothing where nothing is known', () => {
    provide('kong-privatelink', 'exit 1');

    expect(runners.run('canary')).toEqual({ exitCode: 1, out: '' });
    expect(filesIn(runners.artifacts)).toEqual(['canary', 'canary/canary']);
  });
});

it("the recipe's comment keeps within what one may hold", async () => {
  writeFileSync(join(folder, 'diff.txt'), `${'x'.repeat(70_000)}\n`);
  provide('gh', 'echo "gh $*"');

  const argv = ['-e', '-c', scriptOf(readRecipe(rolloutPath), 'plan', 'Write the comment')];
  const { stdout } = await promisify(execFile)('bash', argv, { cwd: folder, env: { ...env, PULL_REQUEST: '7' } });

  expect(stdout).toBe('gh pr comment 7 --edit-last --create-if-none --body-file comment.md\n');
  expect(readFileSync(join(folder, 'comment.md'), 'utf8').length).toBeLessThan(65_536);
});
