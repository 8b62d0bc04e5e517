import { messageOf } from '../core/errors';
import type { Feed } from './feed';
import { pickFresh } from './picker';
import type { Candidate } from './resolve';
import type { PluginConfig } from './schema';

/**
 * The calls of Kong's PDK that the plugin makes: two per request in target mode (rule 19). Under the stock server an answer is a promise;
 * under ours awaiting it costs a round trip, and not awaiting it none.
 */
export type Kong = {
  readonly service: {
    setTarget(host: string, port: number): PromiseLike<unknown>;
    readonly request: { setHeader(name: string, value: string): PromiseLike<unknown> };
  };
  readonly response: {
    exit(status: number, body: string, headers: Readonly<Record<string, string>>): PromiseLike<unknown>;
  };
};

/** Says, at most once a minute for each reason and domain, why a request was not resolved. */
export type Explain = (reason: string, domain: string) => void;

export type HandlerContext = { readonly feed: Feed; readonly explain: Explain; readonly now: () => number };

/**
 * The access phase: sends the request to a target of the domain, or takes the configured way out. Never throws into Kong. Gives a
 * promise only while nothing is known of the domain: what has no asynchronous part costs no turn of the event loop.
 */
export function access(kong: Kong, config: PluginConfig, context: HandlerContext): Promise<void> | undefined {
  const { feed, explain } = context;
  try {
    if (!isTargetMode(config, feed)) return undefined;
    if (typeof feed.routeOf(config.domain) === 'string') return accessLater(kong, config, context);
    send(kong, config, context);
  } catch (thrown) {
    explain(messageOf(thrown), config.domain);
  }
  return undefined;
}

async function accessLater(kong: Kong, config: PluginConfig, context: HandlerContext): Promise<void> {
  try {
    await context.feed.first(config.domain);
    send(kong, config, context);
  } catch (thrown) {
    context.explain(messageOf(thrown), config.domain);
  }
}

/** Kong takes the calls in the order in which they are made: set_target overwrites Host. */
function send(kong: Kong, config: PluginConfig, context: HandlerContext): void {
  const pick = resolve(config, context);
  if (typeof pick === 'string') {
    context.explain(pick, config.domain);
    if (config.on_unresolved === 'reject') leaveUnanswered(reject(kong, config.domain), config, context);
    return;
  }
  const { ip, port, host } = pick;
  leaveUnanswered(kong.service.setTarget(ip.includes(':') ? `[${ip}]` : ip, port), config, context);
  leaveUnanswered(kong.service.request.setHeader('Host', config.host_header ?? host), config, context);
}

/** A promise of the stock server that is rejected, and that nobody has asked, would end the process. */
function leaveUnanswered(answer: PromiseLike<unknown>, { domain }: PluginConfig, { explain }: HandlerContext): void {
  if (answer instanceof Promise) answer.catch((thrown: unknown) => explain(messageOf(thrown), domain));
}

/** The next target that is fresh enough, or why there is none. */
function resolve(config: PluginConfig, { feed, now }: HandlerContext): Candidate | string {
  const route = feed.routeOf(config.domain);
  if (typeof route === 'string') return route === 'undiscovered' ? 'nothing was discovered yet' : route;
  const sinceMs = now() - config.max_stale_seconds * 1_000;
  const isFresh = (scopeId: string) => feed.observedAtMs(scopeId) >= sinceMs;
  const near = config.affinity === 'zone' ? pickFresh(route.near, isFresh) : undefined;
  const pick = near ?? pickFresh(route.any, isFresh);
  return pick ?? `not confirmed for more than max_stale_seconds ${config.max_stale_seconds}`;
}

/** `auto` picks targets where the data plane has sources; setting the zone's upstream instead is not built yet. */
function isTargetMode({ mode }: PluginConfig, feed: Feed): boolean {
  return mode === 'target' || (mode === 'auto' && feed.hasSources);
}

function reject(kong: Kong, domain: string): PromiseLike<unknown> {
  const body = JSON.stringify({ message: `no target is known for domain ${domain}` });
  return kong.response.exit(503, body, { 'Content-Type': 'application/json' });
}
