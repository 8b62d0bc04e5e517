import { parentPort } from 'node:worker_threads';
import { loadDataPlaneConfig } from '../discovery/config-file';
import { createDiscoverer, type Discoverer } from '../discovery/discover';
import { createSources } from '../discovery/sources';
import { startDiscoveryLoop } from './discovery-loop';
import { toDiscoverySchema } from './messages';
import { unreferencedClock } from './unreferenced-clock';

/**
 * The thread that discovers: parsing AWS's answers blocks an event loop for tens of milliseconds (facts), and the one that
 * serves requests must not wait for it.
 */

/** How long to wait at most for a configuration that cannot be used to be mended. */
const defaultIntervalSeconds = 60;

type Discovery = { readonly discoverer: Discoverer; readonly intervalSeconds: number };

let discovery: Discovery | undefined;

// A file that is mounted a moment later, or mended, is read with the next pass.
function openDiscovery(): Discovery {
  const config = loadDataPlaneConfig({ env: process.env });
  const discoverer = createDiscoverer(createSources(config, { clock: unreferencedClock }), {
    clock: unreferencedClock,
  });
  discovery = { discoverer, intervalSeconds: config.watch.intervalSeconds };
  return discovery;
}

const loop = startDiscoveryLoop(
  {
    discover: async (signal) => (discovery ?? openDiscovery()).discoverer.discover(signal),
    zoneId: process.env.KONG_PRIVATELINK_ZONE_ID || undefined,
    intervalSeconds: () => discovery?.intervalSeconds ?? defaultIntervalSeconds,
    clock: unreferencedClock,
    random: Math.random,
    post: (message) => parentPort?.postMessage(message),
  },
  new AbortController().signal,
);

parentPort?.on('message', (message) => loop.handle(toDiscoverySchema.parse(message)));
