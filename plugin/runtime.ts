import pino from 'pino';
import { limitRate } from '#data-plane/limit-rate';
import { findOwnZone, openFeed } from '#data-plane/start';
import { ownZoneId } from '#data-plane/zone/own-zone';
import { unreferencedClock } from '#io/clock';
import { openOutput } from '#io/output';
import type { HandlerContext } from './request/handler';
import { createUpstreams } from './request/upstreams';

/** Also the source of the plugin's metrics in the plugin server. */
export type SharedContext = HandlerContext & {
  /** Count of requests that were not resolved. */
  readonly unresolved: () => number;
};

let context: SharedContext | undefined;

/**
 * The context that all plugin instances of this process share. Discovery starts with the first
 * call.
 */
export function sharedContext(env: Readonly<Record<string, string | undefined>>): SharedContext {
  context ??= createContext(env);
  return context;
}

function createContext(env: Readonly<Record<string, string | undefined>>): SharedContext {
  // A plugin server's standard output is for its dump. Kong logs its standard error.
  const logger = pino({ base: { plugin: 'privatelink' } }, openOutput(2));
  const say = limitRate((reason, domain) => logger.warn({ reason, domain }, 'request not resolved'));
  let unresolved = 0;
  const explain = (reason: string, domain: string) => {
    unresolved += 1;
    say(reason, domain);
  };
  const sayIncomplete = limitRate((reason) => logger.warn({ reason }, 'discovery is incomplete'));
  const onProblem = (reason: string) => sayIncomplete(reason, '');
  const feed = openFeed(env, onProblem);
  const upstreams = createUpstreams(ownZoneId(env));
  const onZone = (found: string) => {
    upstreams.setZone(found);
    feed.setZone(found);
  };
  findOwnZone(env, onZone, onProblem);
  return { feed, upstreams, explain, monotonicMs: unreferencedClock.monotonicMs, unresolved: () => unresolved };
}
