import { writeFileSync } from 'node:fs';
import type { Endpoint, Scope } from '#core/model';
import { serialiseSnapshot } from '#discovery/snapshot/file';

export const owner = 'bench';
const scope: Scope = { id: 'hub.self.us-east-1', source: 'hub', account: 'self', region: 'us-east-1' };

/**
 * Number of endpoints with one address, whose weight is then a single target's, and number of
 * endpoints with four.
 */
export type Estate = { readonly domains: number; readonly narrow: number; readonly wide: number };

/** 10,000 targets in 100 domains. */
const fewDomains: Estate = { domains: 100, narrow: 4, wide: 2_499 };
/** 10,000 targets in 5,000 domains. */
export const manyDomains: Estate = { domains: 5_000, narrow: 10_000, wide: 0 };

/** Weights by index of the endpoint; 100 where none is given. */
export type Weights = ReadonlyMap<number, number>;

/** Endpoints of one address come first. */
export const oneTarget: readonly number[] = [0];
/** 250 endpoints of four addresses. */
export const tenPercent: readonly number[] = Array.from({ length: 250 }, (_, index) => fewDomains.narrow + index);

/** Writes a snapshot for a source of type snapshot. */
export function writeEstate(path: string, weights: Weights, estate = fewDomains): void {
  const endpoints = Array.from({ length: estate.narrow + estate.wide }, (_, index) =>
    endpointOf(index, weights.get(index) ?? 100, estate),
  );
  const atMs = Date.now();
  const known = { status: 'known', scope, observedAtMs: atMs, discovered: { endpoints, quarantined: [] } } as const;
  writeFileSync(path, serialiseSnapshot({ takenAtMs: atMs, scopes: [known] }, owner));
}

function endpointOf(index: number, weight: number, { domains, narrow }: Estate): Endpoint {
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
