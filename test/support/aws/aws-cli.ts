import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describeUnlessLacking } from '../needing';

/** AWS's own command line sends requests as people do, and shows the readable part of an answer. */
export const awsCli = [process.env.AWS_CLI, join(__dirname, '../../../.venv/bin/aws')].find(
  (path) => path && existsSync(path),
);

/** A suite that needs AWS's command line. Without it, the suite prints how to install it. */
export function describeWithAwsCli(name: string, suite: () => void): void {
  const lacking =
    'the AWS command line is not installed. To run it: python3 -m venv .venv && .venv/bin/pip install awscli==1.46.3 (or set AWS_CLI to an aws)';
  describeUnlessLacking(awsCli ? undefined : lacking, name, suite);
}

export type Env = Readonly<Record<string, string>>;

/** What `aws` prints, as JSON; rejects with what it wrote to standard error. */
export async function runAws(env: Env, ...argv: readonly string[]) {
  const { stdout } = await promisify(execFile)(awsCli ?? '', argv, { env: { PATH: process.env.PATH, ...env } });
  return stdout.trim() === '' ? undefined : JSON.parse(stdout);
}
