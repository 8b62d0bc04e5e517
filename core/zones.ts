/**
 * Whether a text is surely the name of a zone or of a region, as `us-east-1a` or `us-west-2-lax-1a`, and not a zone's id: all of those
 * begin with letters and a digit (`use1-az1`).
 */
export function isZoneName(text: string): boolean {
  return /^[a-z]+(-[a-z]+)+-\d/.test(text);
}

/** What to do where a zone's name stands for its id. */
export const zoneNameFix = "write the zone's id (aws ec2 describe-availability-zones shows ZoneId), not its name";
