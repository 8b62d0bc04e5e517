import { compareText } from '../core/targets';
import { writeOrder } from '../deck/desired';
import { type Document, nameOf, parentNameOf } from '../deck/document';
import { originsOf } from '../deck/tags';
import type { Change } from './changes';
import type { HeldEntity } from './control-plane';

/** The deletes that take a domain out of the control plane, in the order in which they are safe. */
export function planRetirement(domain: string, held: readonly HeldEntity[]): readonly Change[] {
  const ids = new Map(held.map((one) => [nameOf(one), one.id]));
  return held
    .filter((entity) => entity.domain === domain)
    .sort((a, b) => writeOrder.indexOf(b.kind) - writeOrder.indexOf(a.kind) || compareText(a.key, b.key))
    .map((entity) => ({
      action: 'delete',
      kind: entity.kind,
      key: entity.key,
      id: entity.id,
      parentId: ids.get(parentNameOf(entity) ?? ''),
      domain,
      reason: `domain ${domain} is retired`,
      isConfirmed: true,
      before: entity,
    }));
}

/** What is said of a domain of which the control plane holds nothing: most likely a typing error. */
export function unknownDomain(domain: string, held: readonly HeldEntity[]): string {
  const domains = [...new Set(held.map((one) => one.domain))].sort(compareText);
  return `the control plane holds nothing of domain ${domain}; it holds: ${domains.join(', ') || 'no domain'}`;
}

/** Why the domain cannot be retired: the next pass would make it again. Undefined: nobody claims it. */
export function whyClaimed(domain: string, desired: Document): string | undefined {
  const targets = desired.filter((one) => one.domain === domain && one.kind === 'target');
  const endpoints = [...new Set(targets.flatMap((one) => originsOf(one.tags).endpointIds))];
  if (!desired.some((one) => one.domain === domain)) return undefined;
  const named = endpoints.length > 0 ? endpoints.slice(0, 5).join(', ') : 'an endpoint';
  const rest = endpoints.length > 5 ? ` and ${endpoints.length - 5} more` : '';
  return `${named}${rest} can be used and claims domain ${domain}: take its domain tag off, or delete it, then retire the domain`;
}
