import { startKonnect } from '#sandbox/konnect/konnect';

/** How often a slow Konnect looks whether it was written to. */
const lookMs = 1;

/**
 * The sandbox's Konnect in a process of its own; tells its parent the URL, then, asked, the calls since it was last asked, the seconds of the
 * processor that it took meanwhile, and, where it was told to answer each call after `latencyMs`, when the last write took effect (unix epoch,
 * milliseconds).
 */
async function serve(): Promise<void> {
  const controlPlanes = process.argv.slice(3).map((name) => ({ name }));
  const konnect = await startKonnect({ controlPlanes, token: process.argv[2] ?? '' });
  const calls = () => konnect.calls.map(({ method, path }) => ({ method, path }));
  let seen = 0;
  let wroteAtMs: number | undefined;
  let usedAt = process.cpuUsage();
  process.on('message', (told: 'calls' | { readonly latencyMs: number }) => {
    if (told === 'calls') {
      const { user, system } = process.cpuUsage(usedAt);
      process.send?.({ calls: calls(), wroteAtMs, cpuSeconds: (user + system) / 1e6 });
      konnect.resetCalls();
      // What it takes to tell the calls is nobody's.
      usedAt = process.cpuUsage();
      seen = 0;
      wroteAtMs = undefined;
      return;
    }
    konnect.inject({ kind: 'delay', ms: told.latencyMs, times: Infinity });
    setInterval(() => {
      if (konnect.calls.slice(seen).some(({ method }) => method !== 'GET')) wroteAtMs = Date.now();
      seen = konnect.calls.length;
    }, lookMs);
  });
  process.on('disconnect', () => process.exit());
  process.send?.({ url: konnect.url });
}

void serve();
