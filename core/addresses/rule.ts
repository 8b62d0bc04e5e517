import { type AddressKind, embeddedIn, kindOf, kindOfRange } from './kinds';
import { wordsOf } from './parse';
import { contains, parseRange } from './ranges';

/**
 * The one rule for addresses of targets. Discovery applies it at every edge, and sync applies it to
 * held targets (docs/decisions/0031-target-addresses.md).
 */

/** Kinds that are never targets. No configuration allows them. */
export const neverTargets: ReadonlySet<AddressKind> = new Set([
  'metadata',
  'unspecified',
  'link-local',
  'multicast',
  'broadcast',
]);

/** All addresses. Loopback needs its own range. */
export const anyRange: readonly string[] = ['0.0.0.0/0', '::/0'];

export type AddressClaim = {
  readonly ip: string;
  /** The endpoint of the address. */
  readonly endpointId: string;
  /** The granted ranges of its source (`allow.addresses`). */
  readonly granted: readonly string[];
};

/** The kind that forbids the address as a target; undefined: it is allowed. */
export function refusedKind({ ip, endpointId, granted }: AddressClaim): AddressKind | undefined {
  const kind = kindOf(ip);
  if (kind === undefined || kind === 'private') return undefined;
  if (neverTargets.has(kind)) return kind;
  if (kind === 'public' && isStatedByEc2(endpointId)) return undefined;
  return granted.some((range) => grants(range, ip, kind)) ? undefined : kind;
}

/**
 * IPv6 addresses of VPCs are public, and VPCs may use public ranges. Only EC2 makes ids of this
 * form.
 */
function isStatedByEc2(endpointId: string): boolean {
  return /^(vpce|i)-[0-9a-f]+$/.test(endpointId);
}

/** A range grants loopback only when it lies in loopback itself. */
function grants(text: string, ip: string, kind: AddressKind): boolean {
  const range = parseRange(text);
  const words = wordsOf(ip);
  if (!range || !words) return false;
  if (kind === 'loopback' && kindOfRange(range) !== 'loopback') return false;
  return contains(range, words) || contains(range, embeddedIn(words) ?? []);
}
