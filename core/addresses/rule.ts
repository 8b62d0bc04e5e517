import { type AddressKind, embeddedIn, kindOf, kindOfRange } from './kinds';
import { wordsOf } from './parse';
import { contains, parseRange } from './ranges';

/**
 * The one rule of what may be a target: discovery applies it at every edge, sync to what is held
 * (docs/decisions/0031-target-addresses.md).
 */

/** Kinds that are never targets, whatever a configuration says. */
export const neverTargets: ReadonlySet<AddressKind> = new Set([
  'metadata',
  'unspecified',
  'link-local',
  'multicast',
  'broadcast',
]);

/** Every address there is; loopback needs a range of its own. */
export const anyRange: readonly string[] = ['0.0.0.0/0', '::/0'];

export type AddressClaim = {
  readonly ip: string;
  /** Whose address it is. */
  readonly endpointId: string;
  /** Ranges that the configuration of its source grants (`allow.addresses`). */
  readonly granted: readonly string[];
};

/** The kind for which an address may be no target; undefined: it may be one. */
export function refusedKind({ ip, endpointId, granted }: AddressClaim): AddressKind | undefined {
  const kind = kindOf(ip);
  if (kind === undefined || kind === 'private') return undefined;
  if (neverTargets.has(kind)) return kind;
  if (kind === 'public' && isStatedByEc2(endpointId)) return undefined;
  return granted.some((range) => grants(range, ip, kind)) ? undefined : kind;
}

/**
 * VPC IPv6 is public, and VPCs may use public ranges. Ids of this form are EC2's own: no other
 * source makes one.
 */
function isStatedByEc2(endpointId: string): boolean {
  return /^(vpce|i)-[0-9a-f]+$/.test(endpointId);
}

/** Loopback is granted by name only, and not as a part of everything. */
function grants(text: string, ip: string, kind: AddressKind): boolean {
  const range = parseRange(text);
  const words = wordsOf(ip);
  if (!range || !words) return false;
  if (kind === 'loopback' && kindOfRange(range) !== 'loopback') return false;
  return contains(range, words) || contains(range, embeddedIn(words) ?? []);
}
