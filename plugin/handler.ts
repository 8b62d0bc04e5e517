import { messageOf } from '../core/errors';
import type { Feed } from './feed';
import { pickFresh } from './picker';
import type { Candidate } from './resolve';
import type { PluginConfig } from './schema';

/** The calls of Kong's PDK that the plugin makes: two per request in target mode (rule 19). */
export type Kong = {
  readonly service: {
    setTarget(host: string, port: number): Promise<unknown>;
    readonly request: { setHeader(name: string, value: string): Promise<unknown> };
  };
  readonly response: {
    exit(status: number, body: string, headers: Readonly<Record<string, string>>): Promise<unknown>;
  };
};

/** Says, at most once a minute for each reason and domain, why a request was not resolved. */
export type Explain = (reason: string, domain: string) => void;

export type HandlerContext = { readonly feed: Feed; readonly explain: Explain; readonly now: () => number };

/** The access phase: sends the request to a target of the domain, or takes the configured way out. Never throws into Kong. */
export async function access(kong: Kong, config: PluginConfig, context: HandlerContext): Promise<void> {
  const { feed, explain } = context;
  try {
    if (!isTargetMode(config, feed)) return;
    if (typeof feed.routeOf(config.domain) === 'string') await feed.first(config.domain);
    const pick = resolve(config, context);
    if (typeof pick === 'string') {
      explain(pick, config.domain);
      if (config.on_unresolved === 'reject') await reject(kong, config.domain);
      return;
    }
    const { ip, port, host } = pick;
    // Both are written before either is answered, and in this order: set_target overwrites Host.
    await Promise.all([
      kong.service.setTarget(ip.includes(':') ? `[${ip}]` : ip, port),
      kong.service.request.setHeader('Host', config.host_header ?? host),
    ]);
  } catch (thrown) {
    explain(messageOf(thrown), config.domain);
  }
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

async function reject(kong: Kong, domain: string): Promise<void> {
  const body = JSON.stringify({ message: `no target is known for domain ${domain}` });
  await kong.response.exit(503, body, { 'Content-Type': 'application/json' });
}
