import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { parentPort, workerData } from 'node:worker_threads';
import { loadDataPlaneConfig } from '#config/file';
import { messageOf } from '#core/errors';
import { createDiscoverer, type Discoverer } from '#discovery/discover';
import { openLastGoodStore } from '#discovery/snapshot/last-good-files';
import { createSources } from '#discovery/sources';
import { unreferencedClock } from '#io/clock';
import { holdAsItIs, holdPacked } from '#io/held';
import { probeTarget } from '../probes/probe';
import { createProber } from '../probes/prober';
import { ownZoneId } from '../zone/own-zone';
import { startDiscoveryLoop } from './loop';
import type { FromDiscovery } from './messages';
import { toDiscoverySchema } from './orders';

/**
 * The thread that discovers and probes: parsing AWS's answers blocks an event loop for tens of milliseconds, and the one that
 * serves requests must not wait for it.
 */

/** How long to wait at most for a configuration that cannot be used to be mended. */
const defaultIntervalSeconds = 60;

type Discovery = { readonly discoverer: Discoverer; readonly intervalSeconds: number };

const isLean = workerData?.isLean === true;
const hold = isLean ? holdPacked : holdAsItIs;

let discovery: Discovery | undefined;

// A file that is mounted a moment later, or mended, is read with the next pass.
function openDiscovery(): Discovery {
  const config = loadDataPlaneConfig({ env: process.env });
  const clock = unreferencedClock;
  const { stateDir } = config;
  const lastGoodStore = stateDir
    ? openLastGoodStore({ ...config, stateDir, isDataPlane: true, hold }, clock)
    : undefined;
  const discoverer = createDiscoverer(createSources(config, { clock, hold }), {
    clock,
    hold,
    lastGoodStore,
    ...config.discovery,
  });
  discovery = { discoverer, intervalSeconds: config.watch.intervalSeconds };
  return discovery;
}

/** One that cannot be used leaves the one before in use. */
function reload(): void {
  try {
    openDiscovery();
  } catch (thrown) {
    shared.post({ kind: 'problem', reason: messageOf(thrown) });
  }
}

/**
 * What collects all garbage at once, and gives the system what that leaves free: a pass needs many times the memory of what is kept. Only
 * then: with each collection it would take more than it saves.
 */
function garbageCollector(): () => void {
  setFlagsFromString('--expose-gc');
  const collect: () => void = runInNewContext('gc');
  keepNewSpaceSmall();
  return () => {
    setFlagsFromString('--compact-on-every-full-gc');
    collect();
    setFlagsFromString('--no-compact-on-every-full-gc');
    keepNewSpaceSmall();
  };
}

/** Of all threads, none of which may start with more; V8 takes it back with each thread that starts, and the one that serves would get 32 MB. */
function keepNewSpaceSmall(): void {
  setFlagsFromString('--semi-space-growth-factor=1');
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
    reload,
    onPass: isLean ? garbageCollector() : undefined,
    zoneId: ownZoneId(process.env),
    intervalSeconds: () => discovery?.intervalSeconds ?? defaultIntervalSeconds,
    prober: createProber({ ...shared, probe: probeTarget }),
    ...shared,
  },
  new AbortController().signal,
);

parentPort?.on('message', (message) => loop.handle(toDiscoverySchema.parse(message)));
