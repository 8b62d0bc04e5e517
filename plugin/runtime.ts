import { setTimeout as wait } from 'node:timers/promises';
import pino, { type Logger } from 'pino';
import type { Clock } from '../core/clock';
import { loadDataPlaneConfig } from '../discovery/config-file';
import { createDiscoverer, type Discoverer } from '../discovery/discover';
import { createSources } from '../discovery/sources';
import { emptyFeed, type Feed, startFeed } from './feed';
import type { HandlerContext } from './handler';

/** Endpoints per page: parsing 100 blocks the event loop for about 30 ms (facts), and requests wait for it. */
const pageSize = 100;
const explainEveryMs = 60_000;

/** Timers must not keep a plugin server alive that was only asked for its dump. */
const clock: Clock = {
  now: Date.now,
  sleep: async (ms, signal) => {
    await wait(ms, undefined, { signal, ref: false });
  },
};

let context: HandlerContext | undefined;

/** What all plugin instances of this process share; discovery starts with the first of them. */
export function sharedContext(env: Readonly<Record<string, string | undefined>>): HandlerContext {
  context ??= createContext(env);
  return context;
}

function createContext(env: Readonly<Record<string, string | undefined>>): HandlerContext {
  // Standard output of a plugin server is the dump's; Kong logs standard error.
  const logger = pino({ base: { plugin: 'privatelink' } }, pino.destination({ fd: 2, sync: true }));
  const explain = limitRate((reason, domain) => logger.warn({ reason, domain }, 'request not resolved'));
  return { feed: openFeed(env, logger), explain, now: clock.now };
}

function openFeed(env: Readonly<Record<string, string | undefined>>, logger: Logger): Feed {
  if (!env.KONG_PRIVATELINK_CONFIG) return emptyFeed;
  const zoneId = env.KONG_PRIVATELINK_ZONE_ID;
  if (!zoneId) logger.warn('no zone id: set KONG_PRIVATELINK_ZONE_ID to keep requests in the zone');
  const say = limitRate((reason) => logger.warn({ reason }, 'discovery is incomplete'));
  let discovery: Discovery | undefined;
  const discover = async (signal: AbortSignal) => {
    // A file that is mounted a moment later, or mended, is read with the next pass.
    discovery ??= openDiscovery(env);
    return discovery.discoverer.discover(signal);
  };
  const intervalSeconds = () => discovery?.intervalSeconds ?? defaultIntervalSeconds;
  const options = { discover, zoneId, intervalSeconds, clock, random: Math.random };
  return startFeed({ ...options, onError: (reason) => say(reason, '') }, new AbortController().signal);
}

/** How long to wait at most for a configuration that cannot be used to be mended. */
const defaultIntervalSeconds = 60;

type Discovery = { readonly discoverer: Discoverer; readonly intervalSeconds: number };

function openDiscovery(env: Readonly<Record<string, string | undefined>>): Discovery {
  const config = loadDataPlaneConfig({ env });
  const discoverer = createDiscoverer(createSources(config, { pageSize }), { clock });
  return { discoverer, intervalSeconds: config.watch.intervalSeconds };
}

/** Lets each pair of reason and domain through once a minute; forgets old ones, since AWS's words may differ every time. */
function limitRate(say: (reason: string, domain: string) => void): (reason: string, domain: string) => void {
  const nextMs = new Map<string, number>();
  return (reason, domain) => {
    const key = `${domain} ${reason}`;
    const nowMs = clock.now();
    if ((nextMs.get(key) ?? 0) > nowMs) return;
    for (const [old, atMs] of nextMs) if (atMs <= nowMs) nextMs.delete(old);
    nextMs.set(key, nowMs + explainEveryMs);
    say(reason, domain);
  };
}
