import { startKonnect } from '#sandbox/konnect/konnect';

/** The sandbox's Konnect in a process of its own; tells its parent the URL, then, asked, the calls since it was last asked. */
async function serve(): Promise<void> {
  const controlPlanes = process.argv.slice(3).map((name) => ({ name }));
  const konnect = await startKonnect({ controlPlanes, token: process.argv[2] ?? '' });
  process.on('message', () => {
    process.send?.({ calls: konnect.calls.map(({ method, path }) => ({ method, path })) });
    konnect.resetCalls();
  });
  process.on('disconnect', () => process.exit());
  process.send?.({ url: konnect.url });
}

void serve();
