import { configPath } from '#config/file';
import { formatAddress } from '#core/addresses/targets';
import { formatProblem, messageOf } from '#core/errors';
import { zoneNameFix } from '#core/zones';
import type { Feed } from '#data-plane/feed/feed';
import { createLogger, problemsOf } from '#data-plane/log';
import { serveMetrics } from '#data-plane/metrics-server';
import { findZone, openFeed } from '#data-plane/start';
import { ownZoneId } from '#data-plane/zone/own-zone';
import { unreferencedClock } from '#io/clock';
import { readAddress, type SocketAddress } from './forwarding/nameservers';
import { openForwarder } from './forwarding/servers';
import { resolverMetricsText } from './metrics';
import type { ResolverOptions } from './options';
import { type AnswerCounts, createAnswerCounts } from './serving/counts';
import { type DnsServer, serveDns } from './serving/listen';
import { createRespond, type Respond } from './serving/respond';
import { type ResolverSettings, readSettings } from './settings';

export type RunResolverOptions = ResolverOptions & {
  /** Of this process, which its threads read too: options are added to it. */
  readonly env: NodeJS.ProcessEnv;
  /** Told once it listens. */
  readonly onListening: (listening: Listening) => void;
};

export type Listening = {
  /** IP address and port. */
  readonly address: string;
  readonly suffix: string;
  /** Where other names are asked for. */
  readonly forward: readonly string[];
};

type Running = {
  readonly options: RunResolverOptions;
  readonly feed: Feed;
  readonly counts: AnswerCounts;
  readonly onProblem: (reason: string) => void;
};

/** Answers until `signal` aborts; reads its configuration again at SIGHUP. Throws PrivatelinkError where it cannot begin. */
export async function runResolver(options: RunResolverOptions, signal: AbortSignal): Promise<void> {
  const logger = createLogger('kong-privatelink-resolver');
  const onProblem = problemsOf(logger);
  setEnvironment(options);
  let settings = readSettings(options, options.env);
  const listen = readAddress(settings.listen);
  const feed = openOwnFeed(options, onProblem);
  const running = { options, feed, counts: createAnswerCounts(), onProblem };
  let answering = answeringOf(running, settings, listen);
  const server = await serveDns(listen, (bytes, transport) => answering.respond(bytes, transport), onProblem);
  const metrics = options.metrics === undefined ? undefined : await serveMetrics(options.metrics, metricsOf(running));
  const reload = () => {
    try {
      const renewed = readSettings(options, options.env);
      if (renewed.listen !== settings.listen)
        onProblem(`resolver.listen is ${renewed.listen}: it holds after a restart`);
      answering = answeringOf(running, renewed, server.address);
      settings = renewed;
      feed.reload(settings.probe);
      logger.info(listeningOf(server, answering), 'configuration read again');
    } catch (thrown) {
      onProblem(`the configuration was not read again, and the one before stays: ${messageOf(thrown)}`);
    }
  };
  process.on('SIGHUP', reload);
  logger.info(listeningOf(server, answering), 'listening');
  options.onListening(listeningOf(server, answering));
  await ended(signal);
  process.off('SIGHUP', reload);
  logger.info({ signal: String(signal.reason?.signal ?? '') || undefined }, 'stopping');
  metrics?.close().closeAllConnections();
  await server.close();
}

/** Threads read the same variables. */
function setEnvironment({ env, config, zoneId }: RunResolverOptions): void {
  env.KONG_PRIVATELINK_CONFIG = configPath({ path: config, env });
  if (zoneId !== undefined) env.KONG_PRIVATELINK_ZONE_ID = zoneId;
}

function openOwnFeed({ env }: RunResolverOptions, onProblem: (reason: string) => void): Feed {
  const feed = openFeed(env, onProblem, { isNamed: true });
  const given = env.KONG_PRIVATELINK_ZONE_ID;
  if (ownZoneId(env) !== undefined) return feed;
  if (given) onProblem(formatProblem({ reason: `KONG_PRIVATELINK_ZONE_ID is ${given}`, fix: zoneNameFix }));
  findZone(feed.setZone, onProblem);
  return feed;
}

type Answering = { readonly respond: Respond; readonly suffix: string; readonly servers: readonly SocketAddress[] };

function answeringOf(running: Running, settings: ResolverSettings, listen: SocketAddress): Answering {
  const { feed, counts, onProblem } = running;
  const { suffix, probe } = settings;
  const { servers, forward } = settings.isForwarding
    ? openForwarder({ listen, forward: settings.forward, onProblem })
    : { servers: [] };
  const respond = createRespond({
    feed,
    suffix,
    probe,
    forward,
    counts,
    isZonal: settings.affinity === 'zone',
    maxStaleMs: settings.maxStaleSeconds * 1_000,
    monotonicMs: unreferencedClock.monotonicMs,
    onTooMany: (domain, left) =>
      onProblem(`${domain} has more addresses than an answer can hold: ${left} are not answered`),
  });
  return { respond, suffix, servers };
}

function metricsOf({ counts, feed }: Running): () => string {
  return () => resolverMetricsText({ counts, feed, nowMs: unreferencedClock.monotonicMs() });
}

function listeningOf({ address }: DnsServer, { suffix, servers }: Answering): Listening {
  return { address: formatAddress(address), suffix, forward: servers.map(formatAddress) };
}

function ended(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((done) => signal.addEventListener('abort', () => done(), { once: true }));
}
