import { startKonnect } from '#sandbox/konnect/konnect';

/** Milliseconds between two looks for writes to a slow Konnect. */
const lookMs = 1;

/**
 * The sandbox's Konnect in a process of its own. Tells its parent the URL. On request it tells the
 * calls and the processor seconds since the last request. With a delay of `latencyMs` for each call
 * it also tells the time of the last write (unix epoch, milliseconds).
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
      // The cost of this report belongs to no measurement.
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
