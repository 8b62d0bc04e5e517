import { refusedKind } from '#core/addresses/rule';
import { ipOfAddress } from '#core/addresses/targets';
import type { Verdict } from '#core/claims/verdicts';
import type { Entity } from '#deck/document';
import { nameInParent } from '#deck/keys';
import { originsOf } from '#deck/tags';

/** Address ranges that the configuration allows (`allow.addresses`), by source. */
export type AllowedAddresses = ReadonlyMap<string, readonly string[]>;

/**
 * Judges the address of a held target. The target may be older than the rule, or the configuration
 * allowed more before. A refused address leaves as an absent target does; an address of metadata or
 * of the data plane itself leaves at once. Undefined: the address is allowed.
 */
export function judgeAddress({ key, tags }: Entity, allowed: AllowedAddresses): Verdict | undefined {
  const ip = ipOfAddress(nameInParent(key));
  if (ip === undefined) return undefined;
  const { scopeIds, endpointIds } = originsOf(tags);
  const granted = scopeIds.flatMap((id) => allowed.get(id.split('.', 1).join()) ?? []);
  const [kind, ...others] = [...endpointIds, ''].map((endpointId) => refusedKind({ ip, endpointId, granted }));
  if (kind === undefined || others.includes(undefined)) return undefined;
  const is = kind === 'metadata' || kind === 'loopback' ? 'gone' : 'absent';
  return { is, reason: `the ${kind} address ${ip} may not be a target (allow.addresses)` };
}
