import { execFileSync } from 'node:child_process';
import { describeUnlessLacking } from '../needing';

/** A suite that runs where npm reaches its registry, and says elsewhere why it does not. */
export function describeWithRegistry(name: string, suite: () => void): void {
  describeUnlessLacking(whyAway(), name, suite);
}

function whyAway(): string | undefined {
  try {
    execFileSync('npm', ['view', 'kong-pdk@0.6.0', 'version'], { stdio: ['ignore', 'ignore', 'pipe'] });
    return undefined;
  } catch (thrown) {
    const [why] = /npm error (?!code).*/.exec(String(thrown)) ?? [String(thrown)];
    return `packages come from the npm registry, which does not answer (${why}). To run it: npm ping`;
  }
}
