import type { Endpoint, Target } from '../model';
import { parseIp } from './parse';

/**
 * `ip:port`, or `[ip]:port` for IPv6: Kong requires the brackets. Never throws: any other text
 * stays as it is.
 */
export function formatAddress({ ip, port }: { readonly ip: string; readonly port: number }): string {
  return ip.includes(':') ? `[${normaliseIp(ip)}]:${port}` : `${ip}:${port}`;
}

/**
 * Returns one spelling for each address, so that addresses compare as text. Any other text stays as
 * it is.
 */
export function normaliseIp(ip: string): string {
  return parseIp(ip) ?? ip;
}

/**
 * The IP address in Kong's name of a target (`ip:port`, `[ip]:port`); undefined for a host name and
 * for any other text.
 */
export function ipOfAddress(address: string): string | undefined {
  const [, bracketed, plain] = /^(?:\[([^\]]*)\]|([^:]*)):\d+$/.exec(address) ?? [];
  return parseIp(bracketed ?? plain ?? '');
}

/** One target for each address of an endpoint, in any state. */
export function targetsOf(endpoint: Endpoint): readonly Target[] {
  return endpoint.addresses.map((address) => ({
    ip: address.ip,
    port: endpoint.port,
    region: address.region,
    zoneId: address.zoneId,
    weight: endpoint.weight,
    endpointId: endpoint.id,
    scopeId: endpoint.scopeId,
  }));
}

/** The claimed paths of an endpoint: its own, else the path with its domain's name. */
export function pathsOf({ paths, domain }: Endpoint): readonly string[] {
  return paths.length > 0 ? paths : [`/${domain}`];
}

/** Text order that does not depend on a locale. */
export function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Orders endpoints by age, then id: the order in which claims are settled. */
export function compareAge(a: Endpoint, b: Endpoint): number {
  return a.createdAtMs - b.createdAtMs || compareText(a.id, b.id) || compareText(a.scopeId, b.scopeId);
}
