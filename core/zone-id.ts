/** Zones, Local Zones (`usw2-lax1-az1`) and Wavelength Zones (`use1-wl1-bos-wlz1`), as AWS publishes their ids. */
const published = /^[a-z]{3,8}\d{1,2}-(([a-z]{3}\d{1,2}-)?az\d{1,2}|wl\d{1,2}-[a-z]{3}-wlz\d{1,2})$/;

/** Whether a text has the form of a zone's id (`use1-az1`): a zone becomes part of names, and strangers may write it (fm-49). */
export function isZoneId(text: string): boolean {
  return published.test(text);
}

/** What the ids of all zones of one region share: what stands before the first dash (`use1`). */
export function regionPrefixOf(zoneId: string): string {
  return zoneId.split('-', 1).join();
}
