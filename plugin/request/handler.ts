import { formatProblem, isProblem, messageOf, type Problem } from '#core/errors';
import type { Feed } from '#data-plane/feed/feed';
import type { LiveChoice } from '#data-plane/reach/picker';
import { pickTarget } from '#data-plane/reach/reach';
import type { PluginConfig, WayOut } from '../schema/schema';
import { probeSettingsOf } from './probes';
import type { Upstreams } from './upstreams';

/**
 * The PDK calls of the plugin: one for each request in upstream mode, two in target mode. The stock
 * server answers with a promise. Under our server, an awaited answer costs a round trip, and an
 * answer that is not awaited costs none.
 */
export type Kong = {
  readonly service: {
    /**
     * Returns true, or nothing when the upstream does not exist: the request then keeps its
     * service's own upstream.
     */
    setUpstream(name: string): PromiseLike<unknown>;
    setTarget(host: string, port: number): PromiseLike<unknown>;
    readonly request: { setHeader(name: string, value: string): PromiseLike<unknown> };
  };
  readonly response: {
    exit(status: number, body: string, headers: Readonly<Record<string, string>>): PromiseLike<unknown>;
  };
};

/** Logs why a request was not resolved, at most once a minute for each reason and domain. */
export type Explain = (reason: string, domain: string) => void;

export type HandlerContext = {
  readonly feed: Feed;
  readonly upstreams: Upstreams;
  readonly explain: Explain;
  readonly monotonicMs: () => number;
};

/**
 * The access phase: sends the request to a target or to the upstream of the domain, or takes the
 * configured way out. Never throws into Kong. Returns a promise only while nothing is known about
 * the domain: synchronous work costs no turn of the event loop.
 */
export function access(kong: Kong, config: PluginConfig, context: HandlerContext): Promise<void> | undefined {
  const { feed, upstreams, explain } = context;
  try {
    if (!isTargetMode(config, feed)) {
      leaveUnanswered(kong.service.setUpstream(upstreams.nameOf(config)), config, context);
      return undefined;
    }
    const reach = feed.reachOf(config.domain);
    if (typeof reach === 'string' && feed.hasSources) return accessLater(kong, config, context);
    send(kong, config, context, reach);
  } catch (thrown) {
    explain(messageOf(thrown), config.domain);
  }
  return undefined;
}

async function accessLater(kong: Kong, config: PluginConfig, context: HandlerContext): Promise<void> {
  const { feed, explain } = context;
  try {
    // The feed forgets domains without requests after a while.
    feed.use(config.domain, probeSettingsOf(config));
    await feed.first(config.domain);
    send(kong, config, context, feed.reachOf(config.domain));
  } catch (thrown) {
    explain(messageOf(thrown), config.domain);
  }
}

type FoundReach = ReturnType<Feed['reachOf']>;

/** Kong executes the calls in their order. `set_target` overwrites Host, so it comes first. */
function send(kong: Kong, config: PluginConfig, context: HandlerContext, reach: FoundReach): void {
  const pick = resolve(config, context, reach);
  if (isProblem(pick)) {
    giveWay(kong, config, context, pick);
    return;
  }
  leaveUnanswered(kong.service.setTarget(pick.address, pick.port), config, context);
  leaveUnanswered(kong.service.request.setHeader('Host', config.host_header ?? pick.host), config, context);
}

/** The access phase of a plugin entity whose configuration this version cannot use. */
export function accessUnusable(kong: Kong, wayOut: WayOut, context: HandlerContext): undefined {
  giveWay(kong, wayOut, context, unusable);
}

function giveWay(kong: Kong, config: WayOut, context: HandlerContext, why: Problem): void {
  context.explain(formatProblem(why), config.domain);
  if (config.on_unresolved === 'fallthrough') return;
  const body = JSON.stringify({ message: `no target is known for domain ${config.domain}` });
  leaveUnanswered(kong.response.exit(503, body, { 'Content-Type': 'application/json' }), config, context);
}

/** A rejected promise of the stock server without a handler would end the process. */
function leaveUnanswered(answer: PromiseLike<unknown>, { domain }: WayOut, { explain }: HandlerContext): void {
  if (answer instanceof Promise) answer.catch((thrown: unknown) => explain(messageOf(thrown), domain));
}

const unusable: Problem = {
  reason: 'the plugin entity has a configuration that this version cannot use',
  fix: 'bring the plugin server to the version of the schema that the control plane has',
};
const noSources: Problem = { reason: 'no sources', fix: 'start the plugin server with --config FILE' };
const unreached: Readonly<Record<Extract<FoundReach, string>, Problem>> = {
  undiscovered: { reason: 'nothing is discovered yet', fix: 'look at the discovery messages in this log' },
  'unknown domain': {
    reason: 'unknown domain',
    fix: 'tag an endpoint with it, or correct domain of the plugin entity',
  },
};

/** The next fresh target, or the reason why there is none. */
function resolve(config: PluginConfig, { feed, monotonicMs }: HandlerContext, reach: FoundReach): LiveChoice | Problem {
  if (!feed.hasSources) return noSources;
  if (typeof reach === 'string') return unreached[reach];
  const sinceMs = monotonicMs() - config.max_stale_seconds * 1_000;
  return pickTarget(reach, config.affinity === 'zone', sinceMs) ?? staleness(config);
}

function staleness({ max_stale_seconds }: PluginConfig): Problem {
  return {
    reason: `not confirmed for more than max_stale_seconds ${max_stale_seconds}`,
    fix: 'look at the discovery messages in this log, or raise max_stale_seconds',
  };
}

/** `auto` uses targets when the data plane has sources. */
export function isTargetMode({ mode }: PluginConfig, feed: Feed): boolean {
  return mode === 'target' || (mode === 'auto' && feed.hasSources);
}
