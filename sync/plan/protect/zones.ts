import { groupBy } from '#core/group-by';
import { type Affinity, zoneOf } from '#deck/affinity';
import type { HeldEntity } from '#deck/document';
import type { Kept } from '../changes';
import { affinityOf } from '../pin';
import { type Protection, protectedBy } from './protection';

/** The affinity that the zones of a domain keep, by domain. */
export type ZonesKept = ReadonlyMap<string, Affinity>;

export type KeptZones = { readonly zonesKept: ZonesKept; readonly kept: readonly Kept[] };

type ZoneContext = { readonly affinity?: Affinity; readonly protection: Protection };

/**
 * Finds domains that keep the upstreams of their zones although `affinity` is none, since something
 * in the zones is protected. These zones still follow discovery: frozen zones would send requests
 * to old addresses.
 */
export function keepZones(held: readonly HeldEntity[], { affinity = 'none', protection }: ZoneContext): KeptZones {
  const ofZones = affinity === 'none' ? held.filter((one) => zoneOf(one) !== undefined) : [];
  const listed = new Map(
    ofZones.flatMap((one) => {
      const entry = protection(one);
      return entry === undefined ? [] : [[one.domain, entry] as const];
    }),
  );
  if (listed.size === 0) return { zonesKept: new Map(), kept: [] };
  const byDomain = groupBy(held, (one) => one.domain);
  const kept = ofZones
    .filter((one) => one.kind === 'upstream')
    .flatMap(({ key, domain }) => {
      const entry = listed.get(domain);
      return entry === undefined ? [] : [{ key, domain, reason: protectedBy(entry, 'affinity is none'), entry }];
    });
  const zonesKept = [...listed.keys()].map((domain) => [domain, affinityOf(byDomain.get(domain) ?? [])] as const);
  return { zonesKept: new Map(zonesKept), kept };
}
