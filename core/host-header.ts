import type { Protocol } from './model';
import { upstreamName } from './names';
import { factsOf } from './protocols';

/** The Host that is sent to a domain, but for the port: what its endpoints ask for, else the name of its upstream. */
export function hostOf({ domain, host }: { readonly domain: string; readonly host?: string }): string {
  return host ?? upstreamName(domain);
}

/** What Kong makes of an upstream's `host_header`: the port is left out only where it is the scheme's own (kong/runloop/balancer, set_host_header). */
export function hostHeader(host: string, port: number, protocol: Protocol): string {
  return port === factsOf(protocol).port ? host : `${host}:${port}`;
}
