import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import pino, { type Logger } from 'pino';
import { messageOf } from '../core/errors';
import { type DiscoveryThread, emptyFeed, type Feed, startFeed } from './feed';
import type { HandlerContext } from './handler';
import { limitRate } from './limit-rate';
import { unreferencedClock } from './unreferenced-clock';

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
  const logger = pino({ base: { plugin: 'privatelink' } }, pino.destination({ fd: 2, sync: true }));
  const say = limitRate((reason, domain) => logger.warn({ reason, domain }, 'request not resolved'));
  let unresolved = 0;
  const explain = (reason: string, domain: string) => {
    unresolved += 1;
    say(reason, domain);
  };
  return { feed: openFeed(env, logger), explain, now: unreferencedClock.now, unresolved: () => unresolved };
}

function openFeed(env: Readonly<Record<string, string | undefined>>, logger: Logger): Feed {
  if (!env.KONG_PRIVATELINK_CONFIG) return emptyFeed;
  if (!env.KONG_PRIVATELINK_ZONE_ID) {
    logger.warn('no zone id: set KONG_PRIVATELINK_ZONE_ID to keep requests in the zone');
  }
  const say = limitRate((reason) => logger.warn({ reason }, 'discovery is incomplete'));
  const onProblem = (reason: string) => say(reason, '');
  return startFeed({ startThread, clock: unreferencedClock, onProblem }, new AbortController().signal);
}

/** The thread inherits the environment; it keeps no process alive. */
function startThread(): DiscoveryThread {
  const worker = new Worker(join(__dirname, 'discovery-thread.js'));
  worker.unref();
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
