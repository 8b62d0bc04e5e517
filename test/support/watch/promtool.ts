import { type SpawnSyncReturns, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { describeUnlessLacking } from '../needing';

/**
 * promtool judges our output for Prometheus: it is Prometheus' own tool. `.ci/run` fetches the last
 * version.
 */
const promtool = [process.env.PROMTOOL ?? 'promtool', join(__dirname, '../../../tools/prometheus/bin/promtool')].find(
  (binary) => spawnSync(binary, ['--version']).status === 0,
);

/** A suite that runs where promtool is, and says elsewhere how to get it. */
export function describeWithPromtool(name: string, suite: () => void): void {
  const lacking =
    'promtool is not installed. To run it: apt-get install prometheus (or put promtool of Prometheus 2.42 or newer on PATH, or set PROMTOOL to it)';
  describeUnlessLacking(promtool ? undefined : lacking, name, suite);
}

/** Runs promtool to its end. */
export function runPromtool(argv: readonly string[], input = ''): SpawnSyncReturns<string> {
  return spawnSync(promtool ?? '', [...argv], { input, encoding: 'utf8' });
}
