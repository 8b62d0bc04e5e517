import type { Protocol } from './model';
import { upstreamName } from './names';
import { factsOf } from './protocols';

/**
 * Returns the Host header for a domain, without port: the host of its endpoints, else the name of
 * its upstream.
 */
export function hostOf({ domain, host }: { readonly domain: string; readonly host?: string }): string {
  return host ?? upstreamName(domain);
}

/**
 * Returns the Host that Kong makes of an upstream's `host_header`. Kong leaves out the port only
 * where it is the default port of the scheme (kong/runloop/balancer, set_host_header).
 */
export function hostHeader(host: string, port: number, protocol: Protocol): string {
  return port === factsOf(protocol).port ? host : `${host}:${port}`;
}
