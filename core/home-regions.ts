import type { Address } from './model';
import { regionPrefixOf } from './zone-id';

/** Regions that the zone lies in: zone ids of one region share what stands before the first dash (`use1-az1`). */
export function homeRegions(
  addresses: readonly Pick<Address, 'region' | 'zoneId'>[],
  zoneId: string | undefined,
): ReadonlySet<string> {
  const prefix = zoneId && regionPrefixOf(zoneId);
  const isHome = ({ zoneId: other }: Pick<Address, 'zoneId'>) =>
    prefix !== undefined && other !== undefined && regionPrefixOf(other) === prefix;
  return new Set(addresses.filter(isHome).map((one) => one.region));
}
