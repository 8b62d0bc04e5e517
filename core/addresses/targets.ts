import type { Endpoint, Target } from '../model';
import { parseIp } from './parse';

/**
 * `ip:port`, or `[ip]:port` for IPv6: Kong refuses it without brackets. Never throws: what is no IP
 * address stays as it is.
 */
export function formatAddress({ ip, port }: { readonly ip: string; readonly port: number }): string {
  return ip.includes(':') ? `[${normaliseIp(ip)}]:${port}` : `${ip}:${port}`;
}

/**
 * One spelling for each address, so that addresses can be compared as text; what is no IP address
 * stays as it is.
 */
export function normaliseIp(ip: string): string {
  return parseIp(ip) ?? ip;
}

/**
 * The IP address of a target as Kong names it (`ip:port`, `[ip]:port`); undefined for a host name,
 * or for what is neither.
 */
export function ipOfAddress(address: string): string | undefined {
  const [, bracketed, plain] = /^(?:\[([^\]]*)\]|([^:]*)):\d+$/.exec(address) ?? [];
  return parseIp(bracketed ?? plain ?? '');
}

/** One target per address of an endpoint, whatever its state. */
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

/** The paths that an endpoint claims: its own, else that of its domain's name. */
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
