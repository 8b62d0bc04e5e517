import { formatAddress } from '#core/addresses/targets';
import { messageOf } from '#core/errors';
import type { Feed } from '#data-plane/feed/feed';
import { createLogger, problemsOf } from '#data-plane/log';
import { serveMetrics } from '#data-plane/metrics-server';
import { findOwnZone, openFeed } from '#data-plane/start';
import { ownZoneId } from '#data-plane/zone/own-zone';
import { unreferencedClock } from '#io/clock';
import { readAddress, type SocketAddress } from './forwarding/nameservers';
import { openForwarder } from './forwarding/servers';
import { hearHangups } from './hangups';
import { resolverMetricsText } from './metrics';
import type { ResolverOptions } from './options';
import { type AnswerCounts, createAnswerCounts } from './serving/counts';
import { type DnsServer, serveDns } from './serving/listen';
import { createRespond, type Respond } from './serving/respond';
import { readSettingsInThread } from './settings/in-thread';
import type { ResolverSettings } from './settings/settings';

export type RunResolverOptions = ResolverOptions & {
  /** The environment of this process, which its threads read too. Options are added to it. */
  readonly env: NodeJS.ProcessEnv;
  /** Called when the resolver listens. */
  readonly onListening: (listening: Listening) => void;
};

export type Listening = {
  /** IP address and port. */
  readonly address: string;
  readonly suffix: string;
  /** The servers for names of others. */
  readonly forward: readonly string[];
};

/**
 * Kong's DNS client asks for about this long, again and again. After one SERVFAIL the upstream
 * stays empty for half a minute. A pass over ten thousand endpoints may block the discovery thread
 * for seconds.
 */
const firstWaitMs = 8_000;

type Running = {
  readonly options: RunResolverOptions;
  readonly feed: Feed;
  readonly counts: AnswerCounts;
  readonly onProblem: (reason: string) => void;
  /** Starts the search for the own zone, if these settings need it. */
  readonly findZone: (settings: ResolverSettings) => void;
};

/**
 * Answers until `signal` aborts, and reloads its configuration at SIGHUP. Throws PrivatelinkError
 * when it cannot start; nothing is open then.
 */
export async function runResolver(options: RunResolverOptions, signal: AbortSignal): Promise<void> {
  const hangups = hearHangups();
  const open: (() => unknown)[] = [hangups.end];
  try {
    const logger = createLogger('kong-privatelink-resolver');
    const settings = await readSettingsInThread(options);
    const running = openRunning(options, settings, logger);
    let answering = answeringOf(running, settings, readAddress(settings.listen));
    const respond: Respond = (bytes, transport) => answering.respond(bytes, transport);
    const server = await serveDns(readAddress(settings.listen), respond, running.onProblem);
    open.push(server.close);
    if (options.metrics !== undefined) open.push(await openMetrics(options.metrics, running));
    logger.info({ ...listeningOf(server, answering), zone: zoneOf(options, settings) }, 'listening');
    options.onListening(listeningOf(server, answering));
    hangups.follow(() =>
      reload(running, settings, (renewed) => {
        answering = answeringOf(running, renewed, server.address);
        logger.info(listeningOf(server, answering), 'configuration read again');
      }),
    );
    await ended(signal);
    logger.info('stopping');
  } finally {
    await Promise.all(open.map((close) => close()));
  }
}

/** Opens the metrics server. Returns the function that closes it. */
async function openMetrics(address: string, running: Running): Promise<() => void> {
  const server = await serveMetrics(address, metricsOf(running));
  return () => server.close().closeAllConnections();
}

/** Threads read the same variables. */
function openRunning(
  options: RunResolverOptions,
  settings: ResolverSettings,
  logger: ReturnType<typeof createLogger>,
): Running {
  const { env, zoneId } = options;
  env.KONG_PRIVATELINK_CONFIG = settings.file;
  if (zoneId !== undefined) env.KONG_PRIVATELINK_ZONE_ID = zoneId;
  const onProblem = problemsOf(logger);
  const feed = openFeed(env, onProblem, { isNamed: true, isLean: true, firstWaitMs });
  const onZone = (zone: string) => {
    feed.setZone(zone);
    logger.info({ zone }, 'own zone found');
  };
  const findZone = findOnce(() => findOwnZone(env, onZone, onProblem));
  findZone(settings);
  return { options, feed, counts: createAnswerCounts(), onProblem, findZone };
}

/** Runs once, for the first settings that prefer a zone. */
function findOnce(find: () => void): Running['findZone'] {
  let isBegun = false;
  return ({ affinity }) => {
    if (isBegun || affinity === 'none') return;
    isBegun = true;
    find();
  };
}

/** The configured own zone; undefined while it is searched for, or when no zone is preferred. */
function zoneOf({ env }: RunResolverOptions, { affinity }: ResolverSettings): string | undefined {
  return affinity === 'none' ? undefined : ownZoneId(env);
}

/** Reloads the configuration. An invalid one is reported, and the previous one stays. */
async function reload(
  { options, feed, onProblem, findZone }: Running,
  { listen }: ResolverSettings,
  onRenewed: (renewed: ResolverSettings) => void,
): Promise<void> {
  try {
    const renewed = await readSettingsInThread(options);
    if (renewed.listen !== listen) onProblem(`resolver.listen is ${renewed.listen} now: it holds after a restart`);
    findZone(renewed);
    onRenewed(renewed);
    feed.reload(renewed.probe);
  } catch (thrown) {
    onProblem(`the configuration was not read again, and the one before stays: ${messageOf(thrown)}`);
  }
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
