import type { Address } from './model';

/**
 * Whether a text is certainly the name of a zone or region (`us-east-1a`, `us-west-2-lax-1a`). A
 * zone's id begins with letters and a digit (`use1-az1`).
 */
export function isZoneName(text: string): boolean {
  return /^[a-z]+(-[a-z]+)+-\d/.test(text);
}

/** The fix where a zone's name stands in place of its id. */
export const zoneNameFix = "write the zone's id (aws ec2 describe-availability-zones shows ZoneId), not its name";

/**
 * Zones, Local Zones (`usw2-lax1-az1`) and Wavelength Zones (`use1-wl1-bos-wlz1`), as AWS publishes
 * their ids.
 */
const published = /^[a-z]{3,8}\d{1,2}-(([a-z]{3}\d{1,2}-)?az\d{1,2}|wl\d{1,2}-[a-z]{3}-wlz\d{1,2})$/;

/**
 * Whether a text has the form of a zone's id (`use1-az1`). A zone becomes part of names, and
 * strangers may write it (fm-49).
 */
export function isZoneId(text: string): boolean {
  return published.test(text);
}

/** Returns the part before the first dash (`use1`), which all zone ids of a region share. */
export function regionPrefixOf(zoneId: string): string {
  return zoneId.split('-', 1).join();
}

/**
 * The regions of the zone. Zone ids of one region share the part before the first dash
 * (`use1-az1`).
 */
export function homeRegions(
  addresses: readonly Pick<Address, 'region' | 'zoneId'>[],
  zoneId: string | undefined,
): ReadonlySet<string> {
  const prefix = zoneId && regionPrefixOf(zoneId);
  const isHome = ({ zoneId: other }: Pick<Address, 'zoneId'>) =>
    prefix !== undefined && other !== undefined && regionPrefixOf(other) === prefix;
  return new Set(addresses.filter(isHome).map((one) => one.region));
}
