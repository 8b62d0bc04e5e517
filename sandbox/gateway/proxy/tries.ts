import type { Agent, IncomingMessage } from 'node:http';
import type { GatewayConfig, Service, Upstream } from '../entities';
import type { Balancer } from './balancer';
import { type Forwarded, forward } from './forward';
import { choosePeer, type Peer } from './peer';
import { type Exit, failure, type Routing } from './routing';

/** The end of the provider's side of a request: its answer, or an answer of the gateway. */
export type Served = { readonly address?: string; readonly tries: number } & (
  | { readonly answer: IncomingMessage }
  | { readonly exit: Exit }
);

export type TryOptions = {
  readonly config: GatewayConfig;
  readonly service: Service;
  readonly routing: Routing;
  readonly message: IncomingMessage;
  readonly path: string;
  readonly balancer: Balancer;
  readonly agent: Agent;
  readonly signal: AbortSignal;
  readonly onEjected: (upstream: Upstream, address: string) => void;
};

/** Sends the request to one address after the other, `retries` times more than once. */
export async function tryPeers(options: TryOptions): Promise<Served> {
  const { config, service, routing, message, balancer, signal } = options;
  const failed = new Set<string>();
  let address: string | undefined;
  for (let tries = 0; ; ) {
    const peer = choosePeer(routing, config, { balancer, failed });
    if (!peer) return { address, tries, exit: failure(503, 'failure to get a peer from the ring-balancer') };
    tries += 1;
    address = peer.address;
    const forwarded = await forwardTo(peer, options);
    if (!signal.aborted) report(peer, forwarded, options);
    if (forwarded.result === 'answered') return { address, tries, answer: forwarded.response };
    failed.add(address);
    const mayRetry = !forwarded.wasSent || isRepeatable(message);
    if (signal.aborted || !mayRetry || tries > service.retries)
      return { address, tries, exit: failures[forwarded.result] };
  }
}

/** Kong's words for nginx's 502 and 504. */
const failures = {
  refused: failure(502, 'An invalid response was received from the upstream server'),
  timeout: failure(504, 'The upstream server is timing out'),
};

function forwardTo(peer: Peer, { routing, service, message, path, agent, signal }: TryOptions): Promise<Forwarded> {
  return forward({
    ip: peer.ip,
    port: peer.port,
    method: message.method ?? 'GET',
    path,
    headers: { ...routing.headers, host: peer.hostHeader },
    body: hasBody(message) ? message : undefined,
    connectTimeoutMs: service.connect_timeout,
    readTimeoutMs: service.read_timeout,
    agent,
    signal,
  });
}

/** An address that nobody balances has no health. */
function report({ upstream, address }: Peer, { result }: Forwarded, { balancer, onEjected }: TryOptions): void {
  if (upstream && balancer.report(upstream, address, result)) onEjected(upstream, address);
}

/**
 * A provider may have seen the request. nginx repeats such a request only when this does no harm.
 */
function isRepeatable(message: IncomingMessage): boolean {
  return !hasBody(message) && message.method !== 'POST' && message.method !== 'PATCH';
}

function hasBody({ headers }: IncomingMessage): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
}
