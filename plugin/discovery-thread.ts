import { join } from 'node:path';
import { parentPort } from 'node:worker_threads';
import { type DataPlaneConfig, loadDataPlaneConfig } from '../discovery/config-file';
import { createDiscoverer, type Discoverer } from '../discovery/discover';
import { createLastGoodStore, type LastGoodStore } from '../discovery/last-good';
import { createSources } from '../discovery/sources';
import { startDiscoveryLoop } from './discovery-loop';
import { type FromDiscovery, toDiscoverySchema } from './messages';
import { ownZoneId } from './own-zone';
import { probeTarget } from './probe';
import { createProber } from './prober';
import { unreferencedClock } from './unreferenced-clock';

/**
 * The thread that discovers and probes: parsing AWS's answers blocks an event loop for tens of milliseconds, and the one that
 * serves requests must not wait for it.
 */

/** How long to wait at most for a configuration that cannot be used to be mended. */
const defaultIntervalSeconds = 60;

type Discovery = { readonly discoverer: Discoverer; readonly intervalSeconds: number };

let discovery: Discovery | undefined;

// A file that is mounted a moment later, or mended, is read with the next pass.
function openDiscovery(): Discovery {
  const config = loadDataPlaneConfig({ env: process.env });
  const clock = unreferencedClock;
  const lastGoodStore = lastGoodStoreOf(config);
  const discoverer = createDiscoverer(createSources(config, { clock }), { clock, lastGoodStore });
  discovery = { discoverer, intervalSeconds: config.watch.intervalSeconds };
  return discovery;
}

/** A file of its own: a worker may keep its in the same folder. */
function lastGoodStoreOf({ stateDir, owner }: DataPlaneConfig): LastGoodStore | undefined {
  return stateDir === undefined
    ? undefined
    : createLastGoodStore(join(stateDir, `last-good.${owner}.data-plane.json`), owner);
}

const shared = {
  clock: unreferencedClock,
  random: Math.random,
  post: (message: FromDiscovery) => parentPort?.postMessage(message),
};

const loop = startDiscoveryLoop(
  {
    discover: async (signal) => (discovery ?? openDiscovery()).discoverer.discover(signal),
    restored: async () => (discovery ?? openDiscovery()).discoverer.restored(),
    zoneId: ownZoneId(process.env),
    intervalSeconds: () => discovery?.intervalSeconds ?? defaultIntervalSeconds,
    prober: createProber({ ...shared, probe: probeTarget }),
    ...shared,
  },
  new AbortController().signal,
);

parentPort?.on('message', (message) => loop.handle(toDiscoverySchema.parse(message)));
