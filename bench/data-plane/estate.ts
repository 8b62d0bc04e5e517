import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Endpoint, Scope } from '#core/model';
import { serialiseSnapshot } from '#discovery/snapshot/file';
import { suffix, zoneIds } from './ways';

const scope: Scope = { id: 'hub.self.us-east-1', source: 'hub', account: 'self', region: 'us-east-1' };
const owner = 'bench';

/** One endpoint of a domain: an address in each zone, in the order of `zoneIds`, on one port. */
export type Offer = { readonly domain: string; readonly addresses: readonly string[]; readonly port: number };

/**
 * Writes a snapshot of these endpoints and the configuration of a data plane with it. Returns the
 * path of the configuration.
 */
export function writeEstateOf(folder: string, offers: readonly Offer[], listen: string): string {
  const file = join(folder, 'snapshot.json');
  const discovered = { endpoints: offers.map(endpointOf), quarantined: [] };
  const atMs = Date.now();
  const known = { status: 'known', scope, observedAtMs: atMs, discovered } as const;
  writeFileSync(file, serialiseSnapshot({ takenAtMs: atMs, scopes: [known] }, owner));
  const sources = [{ name: 'hub', type: 'snapshot', file, allow: { addresses: ['127.0.0.0/8'] } }];
  return writeConfigOf(folder, sources, listen);
}

/** Between two passes of discovery: so short that a bench sees several. */
export const passSeconds = 5;

/**
 * Writes the configuration of a data plane with these sources and a resolver on this address
 * without upstream servers. Returns its path.
 */
export function writeConfigOf(folder: string, sources: readonly object[], listen: string): string {
  const path = join(folder, 'kong-privatelink.yaml');
  const resolver = { suffix, listen, forward: [], probe: { type: 'none' } };
  const watch = { intervalSeconds: passSeconds };
  writeFileSync(path, JSON.stringify({ owner, sources, controlPlane: {}, watch, resolver }));
  return path;
}

function endpointOf({ domain, addresses, port }: Offer, index: number): Endpoint {
  return {
    id: `vpce-${index.toString(16).padStart(17, '0')}`,
    domain,
    scopeId: scope.id,
    state: 'available',
    createdAtMs: 1,
    protocol: 'http',
    port,
    paths: [],
    grantedPaths: [],
    weight: 100,
    dnsNames: [],
    addresses: addresses.map((ip, zone) => ({ ip, region: scope.region, zoneId: zoneIds[zone] })),
  };
}
