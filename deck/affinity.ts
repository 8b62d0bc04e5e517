import { compareText } from '#core/addresses/targets';
import type { Domain } from '#core/claims/settle';
import type { JsonObject, Target } from '#core/model';
import { zoneOfUpstream } from '#core/names';
import { homeRegions } from '#core/zones';
import type { Entity } from './document';
import { targetFields } from './fields';
import { parentOfKey } from './keys';
import type { TargetForms } from './via';

/** How upstreams prefer the addresses of their zone (docs/decisions/0022-zone-upstreams.md). */
export type Affinity = 'none' | 'weighted' | 'failover';

/**
 * Whether the domain has an upstream for each zone. Otherwise the plugin `privatelink-zone` has
 * nothing to choose.
 */
export function hasZoneUpstreams(affinity: Affinity, { hasAddresses }: Pick<TargetForms, 'hasAddresses'>): boolean {
  return affinity !== 'none' && hasAddresses;
}

/** The zone of an upstream or target; undefined for all other entities. */
export function zoneOf({ kind, key }: Pick<Entity, 'kind' | 'key'>): string | undefined {
  if (kind === 'upstream') return zoneOfUpstream(key);
  return kind === 'target' ? zoneOfUpstream(parentOfKey(key)) : undefined;
}

/**
 * One label of a name. An id from outside may not fit into an upstream's name, and Kong refuses
 * `-.sd2.privatelink`.
 */
const zonePattern = /^[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?$/;

/** More than any region has. Each zone holds all targets of the domain once more. */
const maxZones = 16;

/**
 * Zone ids that get an upstream of the domain, in order: zones with a held upstream, and zones of
 * its targets, by name, up to the limit (fm-49).
 */
export function zonesOf({ name, targets }: Domain, held: readonly Entity[]): readonly string[] {
  const heldZones = usable(held.filter((one) => one.kind === 'upstream' && one.domain === name).map(zoneOf));
  const found = usable(targets.map((one) => one.zoneId)).filter((zone) => !heldZones.includes(zone));
  return [...heldZones, ...found.slice(0, Math.max(maxZones - heldZones.length, 0))].sort(compareText);
}

function usable(zones: readonly (string | undefined)[]): readonly string[] {
  return [...new Set(zones)].flatMap((zone) => (zone && zonePattern.test(zone) ? [zone] : [])).sort(compareText);
}

/**
 * Returns the function that writes the fields of a target in a zone's upstream, from all targets of
 * the domain.
 */
export function zoneTargetFields(
  targets: readonly Target[],
  zoneId: string,
  affinity: Affinity,
): (target: Target) => JsonObject {
  const regions = homeRegions(targets, zoneId);
  const nearnessOf = (target: Target): Nearness => {
    if (target.zoneId === zoneId) return 'zone';
    return regions.has(target.region) ? 'region' : 'elsewhere';
  };
  const spansRegions = targets.some((one) => nearnessOf(one) === 'elsewhere');
  const hasOwn = targets.some((one) => one.weight > 0 && nearnessOf(one) === 'zone');
  return (target) => {
    const nearness = nearnessOf(target);
    const weightOf = affinity === 'failover' ? failoverWeight : weightedWeight;
    // A zone without its own targets has nothing to fail over from.
    const isFailover = affinity === 'failover' && hasOwn && nearness !== 'zone';
    // Weight 0 takes an address out of rotation in every zone.
    const weight = target.weight && weightOf(target.weight, nearness, spansRegions);
    const fields = targetFields({ ...target, weight });
    return isFailover ? { ...fields, failover: true } : fields;
  };
}

type Nearness = 'zone' | 'region' | 'elsewhere';

/** Kong's largest weight. */
const mostWeight = 65_535;

/** The weight of an address in its own zone under `weighted`. */
export function preferredWeight(own: number): number {
  return Math.min(own * 10, mostWeight);
}

/** With several regions, the zone's own region wins over the others. */
function weightedWeight(own: number, nearness: Nearness, spansRegions: boolean): number {
  if (nearness === 'zone') return preferredWeight(own);
  return nearness === 'region' && spansRegions ? 10 : 1;
}

function failoverWeight(own: number, nearness: Nearness): number {
  return nearness === 'elsewhere' ? 1 : own;
}
