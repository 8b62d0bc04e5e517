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
 * The thread that discovers and probes. Parsing AWS's answers blocks an event loop for tens of
 * milliseconds, and the serving thread must not wait for this.
 */

/** Longest pause until an unusable configuration is read again, in seconds. */
const defaultIntervalSeconds = 60;

type Discovery = { readonly discoverer: Discoverer; readonly intervalSeconds: number };

const isLean = workerData?.isLean === true;
const hold = isLean ? holdPacked : holdAsItIs;

let discovery: Discovery | undefined;

// The next pass reads a file that was mounted late, or mended.
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

/** An unusable configuration leaves the last one in use. */
function reload(): void {
  try {
    openDiscovery();
  } catch (thrown) {
    shared.post({ kind: 'problem', reason: messageOf(thrown) });
  }
}

/**
 * Returns a function that collects all garbage and returns the free memory to the system: a pass
 * needs many times the memory of its result. Only after a pass: with each collection the cost would
 * exceed the gain.
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

/**
 * The flag applies to all threads, and none may start with more. V8 resets the flag with each new
 * thread, and the serving thread would get 32 MB.
 */
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
