import { isZoneName } from '#core/zones';

/** The id of the own zone that the environment gives; undefined where it gives none, or a name, of which no address would be. */
export function ownZoneId({
  KONG_PRIVATELINK_ZONE_ID: given,
}: Readonly<Record<string, string | undefined>>): string | undefined {
  return given && !isZoneName(given) ? given : undefined;
}
