import { refusedKind } from '#core/addresses/rule';
import { ipOfAddress } from '#core/addresses/targets';
import type { Verdict } from '#core/claims/verdicts';
import type { Entity } from '#deck/document';
import { nameInParent } from '#deck/keys';
import { originsOf } from '#deck/tags';

/** Ranges of addresses that the configuration grants (`allow.addresses`), by source. */
export type AllowedAddresses = ReadonlyMap<string, readonly string[]>;

/**
 * What the rule of addresses says of a target that is held already, from before the rule, or from before the configuration granted less:
 * it leaves as an absent one does, and at once where it leads to metadata or to the data plane itself. Undefined: the rule lets it be.
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
