import type { Endpoint, Target } from './model';

/** `ip:port`, or `[ip]:port` for IPv6, the form that Kong takes (facts: an IPv6 target without brackets is refused). */
export function formatAddress(target: { readonly ip: string; readonly port: number }): string {
  return target.ip.includes(':') ? `[${target.ip}]:${target.port}` : `${target.ip}:${target.port}`;
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

/** Text order that does not depend on a locale. */
export function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Orders endpoints by age, then id: the order in which claims are settled. */
export function compareAge(a: Endpoint, b: Endpoint): number {
  return a.createdAtMs - b.createdAtMs || compareText(a.id, b.id) || compareText(a.scopeId, b.scopeId);
}
