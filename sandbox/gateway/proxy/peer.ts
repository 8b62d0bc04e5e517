import { withoutBrackets } from '#core/addresses/parse';
import type { GatewayConfig, Upstream } from '../entities';
import type { Balancer } from './balancer';
import type { Routing } from './routing';

/** The address of one try. */
export type Peer = {
  readonly ip: string;
  readonly port: number;
  /** `ip:port`. */
  readonly address: string;
  readonly hostHeader: string;
  /** The upstream that chose the address; absent for a fixed address. */
  readonly upstream?: Upstream;
};

/** Resolves the address, as Kong's `balancer.execute`; undefined when the upstream has no peer. */
export function choosePeer(
  routing: Routing,
  config: Pick<GatewayConfig, 'upstreams'>,
  { balancer, failed }: { readonly balancer: Balancer; readonly failed: ReadonlySet<string> },
): Peer | undefined {
  const { host, port } = routing;
  const upstream = config.upstreams.get(host);
  const address = upstream ? balancer.pick(upstream, failed)?.address : `${host}:${port}`;
  if (address === undefined) return undefined;
  const location = parseAddress(address);
  return { ...location, address, upstream, hostHeader: routing.hostHeader ?? hostHeaderOf(location, upstream) };
}

/**
 * The upstream's `host_header`, else the address: Kong sends neither the upstream's nor the
 * service's name.
 */
function hostHeaderOf({ host, port }: Location, upstream: Upstream | undefined): string {
  const name = upstream?.host_header ?? host;
  return port === 80 ? name : `${name}:${port}`;
}

/** `host` keeps the brackets of IPv6, `ip` does not. */
type Location = { readonly host: string; readonly ip: string; readonly port: number };

/** Takes `ip:port`, with brackets around IPv6. */
export function parseAddress(address: string): Location {
  const colon = address.lastIndexOf(':');
  const host = address.slice(0, colon);
  return { host, ip: withoutBrackets(host), port: Number(address.slice(colon + 1)) };
}
