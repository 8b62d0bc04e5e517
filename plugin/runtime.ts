import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import pino, { type Logger } from 'pino';
import { messageOf } from '../core/errors';
import { type DiscoveryThread, emptyFeed, type Feed, startFeed } from './feed';
import type { HandlerContext } from './handler';
import { unreferencedClock } from './unreferenced-clock';

const explainEveryMs = 60_000;

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
  return { feed: openFeed(env, logger), explain, now: unreferencedClock.now };
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

/** Lets each pair of reason and domain through once a minute; forgets old ones, since AWS's words may differ every time. */
function limitRate(say: (reason: string, domain: string) => void): (reason: string, domain: string) => void {
  const nextMs = new Map<string, number>();
  return (reason, domain) => {
    const key = `${domain} ${reason}`;
    const nowMs = unreferencedClock.now();
    if ((nextMs.get(key) ?? 0) > nowMs) return;
    for (const [old, atMs] of nextMs) if (atMs <= nowMs) nextMs.delete(old);
    nextMs.set(key, nowMs + explainEveryMs);
    say(reason, domain);
  };
}
