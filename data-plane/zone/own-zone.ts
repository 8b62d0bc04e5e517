import { isZoneName } from '#core/zones';

/**
 * Returns the zone id from the environment; undefined without one. A zone's name does not serve,
 * since no address would match it.
 */
export function ownZoneId({
  KONG_PRIVATELINK_ZONE_ID: given,
}: Readonly<Record<string, string | undefined>>): string | undefined {
  return given && !isZoneName(given) ? given : undefined;
}
