import { runOnce } from '#sync/pass/run-once';
import { openOnlySession } from '#sync/pass/session';

/** A worker's passes in one process, each when its parent asks for it; tells seconds and peak resident memory in MB. */
async function measure([config]: readonly string[]): Promise<void> {
  const { signal } = new AbortController();
  const terminal = { env: process.env, out: () => {}, err: () => {}, isTerminal: false };
  const session = openOnlySession({ config, terminal });
  process.on('message', async () => {
    const startMs = performance.now();
    const { applied = [] } = await runOnce(session, signal);
    const exitCode = applied.every(({ outcome }) => outcome === 'applied') ? 0 : 4;
    const seconds = (performance.now() - startMs) / 1_000;
    process.send?.({ exitCode, seconds, peakMb: process.resourceUsage().maxRSS / 1_024 });
  });
  process.send?.('ready');
}

void measure(process.argv.slice(2));
