import { messageOf } from '../core/errors';
import type { Feed } from './feed';
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
export async function access(kong: Kong, config: PluginConfig, { feed, explain, now }: HandlerContext): Promise<void> {
  try {
    if (!isTargetMode(config, feed)) return;
    const table = feed.current() ?? (await feed.first());
    const route = table?.get(config.domain);
    const unresolved = whyUnresolved(
      { isDiscovered: table !== undefined, observedAtMs: route?.observedAtMs },
      config,
      now(),
    );
    if (unresolved || !route) {
      explain(unresolved ?? 'unknown domain', config.domain);
      if (config.on_unresolved === 'reject') await reject(kong, config.domain);
      return;
    }
    const { ip, port, host } = (config.affinity === 'zone' ? route.near : route.any).next();
    // Both are written before either is answered, and in this order: set_target overwrites Host.
    await Promise.all([
      kong.service.setTarget(ip.includes(':') ? `[${ip}]` : ip, port),
      kong.service.request.setHeader('Host', config.host_header ?? host),
    ]);
  } catch (thrown) {
    explain(messageOf(thrown), config.domain);
  }
}

/** `auto` picks targets where the data plane has sources; setting the zone's upstream instead is not built yet. */
function isTargetMode({ mode }: PluginConfig, feed: Feed): boolean {
  return mode === 'target' || (mode === 'auto' && feed.hasSources);
}

type Known = { readonly isDiscovered: boolean; readonly observedAtMs: number | undefined };

function whyUnresolved({ isDiscovered, observedAtMs }: Known, config: PluginConfig, nowMs: number): string | undefined {
  if (!isDiscovered) return 'nothing was discovered yet';
  if (observedAtMs === undefined) return 'unknown domain';
  const isStale = nowMs - observedAtMs > config.max_stale_seconds * 1_000;
  return isStale ? `not confirmed for more than max_stale_seconds ${config.max_stale_seconds}` : undefined;
}

async function reject(kong: Kong, domain: string): Promise<void> {
  const body = JSON.stringify({ message: `no target is known for domain ${domain}` });
  await kong.response.exit(503, body, { 'Content-Type': 'application/json' });
}
