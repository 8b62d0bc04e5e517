import { execFileSync } from 'node:child_process';
import { describe } from '@jest/globals';

/** A suite that runs where npm reaches its registry, and says elsewhere why it does not. */
export function describeWithRegistry(name: string, suite: () => void): void {
  let why: string | undefined;
  try {
    execFileSync('npm', ['view', 'kong-pdk@0.6.0', 'version'], { stdio: ['ignore', 'ignore', 'pipe'] });
  } catch (thrown) {
    [why] = /npm error (?!code).*/.exec(String(thrown)) ?? [String(thrown)];
    process.stderr.write(
      `skipped: packages come from the npm registry, which does not answer (${why}). To run it: npm ping\n`,
    );
  }
  (why === undefined ? describe : describe.skip)(name, suite);
}
