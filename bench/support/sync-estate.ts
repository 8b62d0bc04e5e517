import { writeFileSync } from 'node:fs';
import type { Endpoint, Scope } from '#core/model';
import { serialiseSnapshot } from '#discovery/snapshot/file';

/** 10,000 targets in 100 domains: 2,499 endpoints with four addresses, and four with one, whose weight is a single target's. */
export const owner = 'bench';
const domains = 100;
const wide = 2_499;
const narrow = 4;
const scope: Scope = { id: 'hub.self.us-east-1', source: 'hub', account: 'self', region: 'us-east-1' };

/** Weights by index of the endpoint; 100 where none is given. */
export type Weights = ReadonlyMap<number, number>;

/** Endpoints of one address come first. */
export const oneTarget: readonly number[] = [0];
/** 250 endpoints of four addresses. */
export const tenPercent: readonly number[] = Array.from({ length: 250 }, (_, index) => narrow + index);

export function writeEstate(path: string, weights: Weights): void {
  const endpoints = Array.from({ length: narrow + wide }, (_, index) => endpointOf(index, weights.get(index) ?? 100));
  const atMs = Date.now();
  const known = { status: 'known', scope, observedAtMs: atMs, discovered: { endpoints, quarantined: [] } } as const;
  writeFileSync(path, serialiseSnapshot({ takenAtMs: atMs, scopes: [known] }, owner));
}

function endpointOf(index: number, weight: number): Endpoint {
  const count = index < narrow ? 1 : 4;
  const addresses = Array.from({ length: count }, (_, zone) => ({
    ip: `10.${zone}.${Math.floor(index / 250)}.${(index % 250) + 1}`,
    region: scope.region,
    zoneId: `use1-az${zone + 1}`,
  }));
  const claim = { protocol: 'http', port: 80, paths: [], grantedPaths: [], weight } as const;
  return {
    ...claim,
    id: `vpce-${index.toString(16).padStart(17, '0')}`,
    domain: `sd${index % domains}`,
    scopeId: scope.id,
    state: 'available',
    createdAtMs: 1,
    dnsNames: [],
    addresses,
  };
}
