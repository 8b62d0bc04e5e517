import type { Endpoint, Target } from './model';

/**
 * `ip:port`, or `[ip]:port` with all eight groups written out for IPv6: Kong refuses it without brackets and stores it
 * in full (kong/db/dao/targets.lua), so that a shorter form would be another target in every pass.
 */
export function formatAddress({ ip, port }: { readonly ip: string; readonly port: number }): string {
  return ip.includes(':') ? `[${expandIpv6(ip)}]:${port}` : `${ip}:${port}`;
}

/** One spelling for each address, so that addresses can be compared as text. */
export function normaliseIp(ip: string): string {
  return ip.includes(':') ? expandIpv6(ip) : ip;
}

function expandIpv6(ip: string): string {
  // The URL parser writes every form of one address, IPv4 inside it too, as the same short hexadecimal one.
  const [head = '', tail] = new URL(`http://[${ip}]`).hostname.slice(1, -1).split('::');
  const groupsOf = (text: string | undefined) => (text ? text.split(':') : []);
  const [first, last] = [groupsOf(head), groupsOf(tail)];
  const zeros: readonly string[] = Array(8 - first.length - last.length).fill('0');
  return [...first, ...zeros, ...last].map((group) => group.padStart(4, '0')).join(':');
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
