import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import pino from 'pino';
import { formatProblem, messageOf } from '#core/errors';
import { zoneNameFix } from '#core/zones';
import { unreferencedClock } from '#io/clock';
import { openOutput } from '#io/output';
import { limitRate } from './limit-rate';
import { type DiscoveryThread, emptyFeed, type Feed, startFeed } from './request/feed';
import type { HandlerContext } from './request/handler';
import { createUpstreams } from './request/upstreams';
import { ownZoneId } from './zone/own-zone';
import type { FromZone } from './zone/zone-id';

/** What the plugin server's metrics say of the plugin, too. */
export type SharedContext = HandlerContext & {
  /** Requests that were not resolved, so far. */
  readonly unresolved: () => number;
};

let context: SharedContext | undefined;

/** What all plugin instances of this process share; discovery starts with the first call. */
export function sharedContext(env: Readonly<Record<string, string | undefined>>): SharedContext {
  context ??= createContext(env);
  return context;
}

function createContext(env: Readonly<Record<string, string | undefined>>): SharedContext {
  // Standard output of a plugin server is the dump's; Kong logs standard error.
  const logger = pino({ base: { plugin: 'privatelink' } }, openOutput(2));
  const say = limitRate((reason, domain) => logger.warn({ reason, domain }, 'request not resolved'));
  let unresolved = 0;
  const explain = (reason: string, domain: string) => {
    unresolved += 1;
    say(reason, domain);
  };
  const sayIncomplete = limitRate((reason) => logger.warn({ reason }, 'discovery is incomplete'));
  const onProblem = (reason: string) => sayIncomplete(reason, '');
  const given = env.KONG_PRIVATELINK_ZONE_ID;
  const zoneId = ownZoneId(env);
  if (given && !zoneId) onProblem(formatProblem({ reason: `KONG_PRIVATELINK_ZONE_ID is ${given}`, fix: zoneNameFix }));
  const feed = openFeed(env, onProblem);
  const upstreams = createUpstreams(zoneId);
  if (!zoneId) {
    const onZone = (found: string) => {
      upstreams.setZone(found);
      feed.setZone(found);
    };
    findZone(onZone, onProblem);
  }
  return { feed, upstreams, explain, monotonicMs: unreferencedClock.monotonicMs, unresolved: () => unresolved };
}

type Tell = (reason: string) => void;

function openFeed(env: Readonly<Record<string, string | undefined>>, onProblem: Tell): Feed {
  if (!env.KONG_PRIVATELINK_CONFIG) return emptyFeed;
  return startFeed({ startThread, clock: unreferencedClock, onProblem }, new AbortController().signal);
}

/** In a thread that ends when the zone is found; until then no zone is preferred. */
function findZone(onZone: (zoneId: string) => void, onProblem: Tell): void {
  const worker = openWorker('zone/thread.js');
  worker.on('message', (message: FromZone) => {
    if (message.kind === 'zone') onZone(message.zoneId);
    else onProblem(message.reason);
  });
  worker.on('error', (thrown) => onProblem(`the own zone is not known: ${messageOf(thrown)}`));
}

/** A thread inherits the environment, and keeps no process alive. */
function openWorker(file: string): Worker {
  const worker = new Worker(join(__dirname, file));
  worker.unref();
  return worker;
}

function startThread(): DiscoveryThread {
  const worker = openWorker('discovery/thread.js');
  return {
    post: (message) => worker.postMessage(message),
    onMessage: (listener) => void worker.on('message', listener),
    onEnd: (listener) => {
      let reason = 'it exited';
      worker.on('error', (thrown) => {
        reason = messageOf(thrown);
      });
      worker.on('exit', () => listener(reason));
    },
  };
}
