import { execFile } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { readRecipe, rolloutStagePath, scriptOf } from './recipe';

export type JobResult = { readonly exitCode: number; readonly out: string };

/**
 * GitHub runners for jobs of stages. Each has only the cache of its stage and the artifacts of its
 * run.
 */
export type Runners = {
  /** What stands for a checkout. */
  readonly checkout: string;
  readonly caches: string;
  readonly artifacts: string;
  /** Runs the job. Returns the output of the named steps, and the end of the first failed step. */
  readonly run: (stage: string, steps?: readonly string[]) => Promise<JobResult>;
  /** Artifacts are of one run. */
  readonly startRun: () => void;
};

const call = promisify(execFile);
const taking = 'Take over what other stages proved';
const keeping = 'Keep what this stage proved apart from the rest';

export function openRunners(folder: string, env: NodeJS.ProcessEnv): Runners {
  const [checkout, caches, artifacts] = ['checkout', 'caches', 'artifacts'].map((name) => join(folder, name)) as [
    string,
    string,
    string,
  ];
  for (const one of [checkout, caches, artifacts]) mkdirSync(one);
  const recipe = readRecipe(rolloutStagePath);

  async function runSteps(runner: string, stage: string, steps: readonly string[]): Promise<JobResult> {
    let out = '';
    for (const step of steps) {
      const argv = ['--norc', '-e', '-c', scriptOf(recipe, 'stage', step)];
      const ended = await call('bash', argv, { cwd: runner, env: { ...env, STAGE: stage } }).then(
        (streams) => ({ ...streams, code: 0 }),
        (thrown: { readonly code: number; readonly stdout: string; readonly stderr: string }) => thrown,
      );
      out += ended.stdout + ended.stderr;
      if (ended.code !== 0) return { exitCode: ended.code, out };
    }
    return { exitCode: 0, out };
  }

  return {
    checkout,
    caches,
    artifacts,
    startRun: () => {
      rmSync(artifacts, { recursive: true });
      mkdirSync(artifacts);
    },
    run: async (stage, steps = ['Roll out']) => {
      const runner = mkdtempSync(join(folder, 'runner-'));
      const [state, cache] = [join(runner, '.kong-privatelink'), join(caches, stage)];
      cpSync(checkout, runner, { recursive: true });
      if (existsSync(cache)) cpSync(cache, state, { recursive: true });
      for (const one of readdirSync(artifacts))
        cpSync(join(artifacts, one), join(runner, 'proved'), { recursive: true });
      await runSteps(runner, stage, [taking]);
      const result = await runSteps(runner, stage, steps);
      // Also after a failed step.
      await runSteps(runner, stage, [keeping]);
      rmSync(cache, { recursive: true, force: true });
      cpSync(state, cache, { recursive: true });
      cpSync(join(runner, 'own'), join(artifacts, stage), { recursive: true });
      return result;
    },
  };
}
