import { setMaxListeners } from 'node:events';
import { openStages } from '#sync/rollout/open-stages';
import { runStage } from '#sync/rollout/run-stage';

/**
 * A worker's passes in one process, over all stages at once, each on request of its parent. Tells
 * seconds, processor seconds, and peak resident memory in MB.
 */
async function measure([config]: readonly string[]): Promise<void> {
  const { signal } = new AbortController();
  setMaxListeners(0, signal);
  const terminal = { env: process.env, out: () => {}, err: () => {}, isTerminal: false };
  const { sessions } = await openStages({ config, terminal }, signal);
  process.on('message', async () => {
    const startMs = performance.now();
    const before = process.cpuUsage();
    const reports = await Promise.all(sessions.map((session) => runStage(session, signal)));
    const applied = reports.flatMap((report) => report.applied ?? []);
    const exitCode = applied.every(({ outcome }) => outcome === 'applied') ? 0 : 4;
    const seconds = (performance.now() - startMs) / 1_000;
    const { user, system } = process.cpuUsage(before);
    const peakMb = process.resourceUsage().maxRSS / 1_024;
    process.send?.({ exitCode, seconds, cpuSeconds: (user + system) / 1e6, peakMb });
  });
  process.send?.('ready');
}

void measure(process.argv.slice(2));
