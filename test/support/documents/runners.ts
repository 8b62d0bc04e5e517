import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { readRecipe, rolloutStagePath, scriptOf } from './recipe';

export type JobResult = { readonly exitCode: number | null; readonly out: string };

/** Runners of GitHub for jobs of stages: each knows nothing but what the cache of its stage and the artifacts of its run bring. */
export type Runners = {
  /** What stands for a checkout. */
  readonly checkout: string;
  readonly caches: string;
  readonly artifacts: string;
  /** Does what the job does; gives what the steps named here printed, and how the first that failed ended. */
  readonly run: (stage: string, steps?: readonly string[]) => JobResult;
  /** Artifacts are of one run. */
  readonly startRun: () => void;
};

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

  function runSteps(runner: string, stage: string, steps: readonly string[]): JobResult {
    let out = '';
    for (const step of steps) {
      const argv = ['-e', '-c', scriptOf(recipe, 'stage', step)];
      const { status, stdout, stderr } = spawnSync('bash', argv, {
        cwd: runner,
        env: { ...env, STAGE: stage },
        // Of a socket bash believes that it is a login from elsewhere, and reads people's settings.
        stdio: ['ignore', 'pipe', 'pipe'],
        encoding: 'utf8',
      });
      out += stdout + stderr;
      if (status !== 0) return { exitCode: status, out };
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
    run: (stage, steps = ['Roll out']) => {
      const runner = mkdtempSync(join(folder, 'runner-'));
      const [state, cache] = [join(runner, '.kong-privatelink'), join(caches, stage)];
      cpSync(checkout, runner, { recursive: true });
      if (existsSync(cache)) cpSync(cache, state, { recursive: true });
      for (const one of readdirSync(artifacts))
        cpSync(join(artifacts, one), join(runner, 'proved'), { recursive: true });
      runSteps(runner, stage, [taking]);
      const result = runSteps(runner, stage, steps);
      // Also after a step that failed.
      runSteps(runner, stage, [keeping]);
      rmSync(cache, { recursive: true, force: true });
      cpSync(state, cache, { recursive: true });
      cpSync(join(runner, 'own'), join(artifacts, stage), { recursive: true });
      return result;
    },
  };
}
