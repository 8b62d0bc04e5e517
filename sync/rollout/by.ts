import { userInfo } from 'node:os';
import type { By } from './journal';

type Env = Readonly<Record<string, string | undefined>>;

/** Variables in which CI systems give the address of a run, or else its number. */
const runs = ['CI_JOB_URL', 'BUILD_URL', 'CIRCLE_BUILD_URL', 'BUILDKITE_BUILD_URL', 'BITBUCKET_BUILD_NUMBER'];
const mostCharacters = 300;

/**
 * Returns who causes the writes, from what the process knows. `configuration` is the checksum of
 * the configuration file.
 */
export function whoWrites(env: Env, configuration: string | undefined): By {
  const run = runOf(env);
  return { configuration, user: userName(env), ...(run && { run: withoutPassword(run).slice(0, mostCharacters) }) };
}

function runOf(env: Env): string | undefined {
  const { GITHUB_RUN_ID: id, GITHUB_SERVER_URL: server, GITHUB_REPOSITORY: repository } = env;
  if (id && server && repository) return `${server}/${repository}/actions/runs/${id}`;
  return runs.map((name) => env[name]).find((value) => value);
}

/** Some CI systems put a password into the address of their server. */
function withoutPassword(run: string): string {
  return run.replace(/\/\/[^/]*@/, '//');
}

/** The user of a container often has no name. */
function userName({ USER }: Env): string | undefined {
  try {
    return userInfo().username;
  } catch {
    return USER ?? process.getuid?.().toString();
  }
}
