import type { Agent, IncomingMessage, ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';
import { z } from 'zod';
import { callersPluginName, pluginName } from '#core/names';
import { callerOf } from '../../network/proxied-server';
import type { CallersRunner } from '../callers/runner';
import type { GatewayConfig, Upstream } from '../entities';
import { createPdk } from '../pdk';
import type { PluginRunner } from '../plugin-runner';
import { terminate } from '../terminate';
import type { Balancer } from './balancer';
import { hostOf, requestHeaders, responseHeaders } from './headers';
import type { Match, Router } from './router';
import { type Exit, failure, type Routing } from './routing';
import { type Served, tryPeers } from './tries';

/** One request with a route, as it left the gateway. */
export type Hop = {
  /** From the client's header `x-sandbox-trace`, also passed on. */
  readonly requestId?: string;
  /** The client's path with its query. */
  readonly path: string;
  readonly service: string;
  /** The party that chose the address: the plugin, or Kong's own balancer. */
  readonly chosenBy: 'plugin' | 'balancer';
  /** `ip:port` of the last try; absent where there was none. */
  readonly address?: string;
  readonly status: number;
  /** The message of the gateway's own answer. */
  readonly problem?: string;
  /** Time until the head of the answer. */
  readonly latencyMs: number;
  readonly tries: number;
};

export type ProxyOptions = {
  /** The last configuration of the data plane. A request keeps its first one. */
  readonly current: () => { readonly config: GatewayConfig; readonly router: Router };
  readonly balancer: Balancer;
  readonly agent: Agent;
  readonly runner?: PluginRunner;
  readonly callers: CallersRunner;
  readonly onHop: (hop: Hop) => void;
  readonly onEjected: (upstream: Upstream, address: string) => void;
};

/**
 * Serves requests as a Kong data plane does. A failure is answered, or ends only its connection.
 */
export function createProxy(options: ProxyOptions): (message: IncomingMessage, response: ServerResponse) => void {
  return (message, response) => {
    message.on('error', () => response.destroy());
    serve(message, response, options).catch(() => response.destroy());
  };
}

async function serve(message: IncomingMessage, response: ServerResponse, options: ProxyOptions): Promise<void> {
  const startedAt = performance.now();
  const url = urlOf(message);
  if (!url) return send(response, failure(400, 'Bad request'));
  const { config, router } = options.current();
  const match = router({ method: message.method ?? '', host: hostOf(message.headers.host), path: url.pathname });
  if (!match) return send(response, failure(404, 'no Route matched with those values'));
  const routing = routingOf(match, message, url.pathname);
  const served = await serveMatch({ message, match, routing, config, url, signal: closedSignal(response) }, options);
  options.onHop({
    requestId: message.headers['x-sandbox-trace']?.toString(),
    path: message.url ?? '',
    service: match.service.name ?? match.service.id,
    chosenBy: routing.chosenBy,
    address: served.address,
    status: statusOf(served),
    problem: 'exit' in served ? problemOf(served.exit) : undefined,
    latencyMs: performance.now() - startedAt,
    tries: served.tries,
  });
  if ('exit' in served) return send(response, served.exit);
  response.writeHead(statusOf(served), responseHeaders(served.answer.headers));
  await pipeline(served.answer, response);
}

type MatchedRequest = {
  readonly message: IncomingMessage;
  readonly match: Match;
  readonly routing: Routing;
  readonly config: GatewayConfig;
  readonly url: URL;
  readonly signal: AbortSignal;
};

async function serveMatch(request: MatchedRequest, options: ProxyOptions): Promise<Served> {
  const { match, routing, config, url } = request;
  const { route, service } = match;
  if (!route.protocols.includes('http')) return { tries: 0, exit: failure(426, 'Please use HTTPS protocol') };
  if (service.protocol !== 'http')
    return { tries: 0, exit: failure(502, `the sandbox's gateway does not speak ${service.protocol}`) };
  await runPlugins(request, options);
  if (routing.exit) return { tries: 0, exit: routing.exit };
  const { balancer, agent, onEjected } = options;
  const { message, signal } = request;
  return tryPeers({
    ...{ config, service, routing, message, path: match.path + url.search },
    ...{ balancer, agent, signal, onEjected },
  });
}

/**
 * Plugins of the service, in the order of Kong's priorities. Kong before 3.14 passes a request
 * without the plugin when the plugin server fails.
 */
async function runPlugins(request: MatchedRequest, { runner, callers }: ProxyOptions): Promise<void> {
  const { match, routing, config, message, url } = request;
  const pdk = createPdk(routing, config);
  const bound = config.plugins.filter(({ enabled, service }) => enabled && service?.id === match.service.id);
  for (const plugin of bound.filter(({ name }) => name === callersPluginName)) {
    // The plugin sees the header Connection; no provider does.
    const headers = { ...routing.headers, connection: message.headers.connection };
    const judged = await callers.judge(plugin, { tlv: callerOf(message.socket)?.toString('latin1'), headers });
    const { connection: _connection, ...others } = judged.headers;
    routing.headers = others;
    routing.exit = judged.exit;
    if (routing.exit) return;
  }
  const own = runner ? bound.filter(({ name }) => name === pluginName) : [];
  for (const plugin of own) await runner?.access(plugin, pdk).catch(() => undefined);
  const asked = { headers: message.headers, query: url.searchParams };
  for (const plugin of bound) routing.exit ??= terminate(plugin, asked);
}

function routingOf({ route, service, strippedPrefix }: Match, message: IncomingMessage, path: string): Routing {
  return {
    host: service.host,
    port: service.port,
    hostHeader: route.preserve_host ? message.headers.host : undefined,
    headers: requestHeaders(message, path, strippedPrefix),
    chosenBy: 'balancer',
  };
}

function statusOf(served: Served): number {
  return 'exit' in served ? served.exit.status : (served.answer.statusCode ?? 502);
}

function problemOf({ body }: Exit): string | undefined {
  return typeof body === 'string' ? body : answerSchema.safeParse(body).data?.message;
}

const answerSchema = z.object({ message: z.string() });

/** Aborted when the client hangs up before it has the whole answer. */
function closedSignal(response: ServerResponse): AbortSignal {
  const controller = new AbortController();
  response.once('close', () => {
    if (!response.writableFinished) controller.abort();
  });
  return controller.signal;
}

/**
 * Returns the normalised URL: dots resolved and slashes merged, as Kong does before routing.
 * Undefined when the client asks for no path.
 */
function urlOf({ url = '' }: IncomingMessage): URL | undefined {
  const text = `http://gateway.invalid${url}`;
  if (!url.startsWith('/') || !URL.canParse(text)) return undefined;
  const parsed = new URL(text);
  parsed.pathname = parsed.pathname.replace(/\/{2,}/g, '/');
  return parsed;
}

function send(response: ServerResponse, { status, body, headers }: Exit): void {
  const isText = typeof body === 'string' || body === undefined;
  response.writeHead(status, { ...(!isText && { 'content-type': 'application/json; charset=utf-8' }), ...headers });
  response.end(isText ? body : JSON.stringify(body));
}
