import { groupBy } from '#core/group-by';
import { zoneOf } from '#deck/affinity';
import type { Document, HeldEntity } from '#deck/document';
import { formsIn, isNameTarget, isOwnTarget, type TargetForms } from '#deck/via';
import type { Removal } from './removals';

/**
 * Finds unwanted entities that another form of the domain's addresses replaces: addresses and zones
 * when a name is wanted, and a name when addresses or another name are wanted. The form is
 * configuration and needs no evidence, even in `upsert-only`: the domain already has the
 * replacement (docs/decisions/0053-via.md).
 */
export function replaceTargets(unwanted: readonly HeldEntity[], desired: Document): readonly Removal[] {
  const own = groupBy(desired.filter(isOwnTarget), (one) => one.domain);
  const forms = new Map([...own].map(([domain, targets]) => [domain, formsIn(targets)]));
  return unwanted.flatMap((entity) => {
    const wanted = forms.get(entity.domain);
    return wanted && isReplaced(entity, wanted) ? [{ entity, reason: whyReplaced(wanted) }] : [];
  });
}

function isReplaced(entity: HeldEntity, { hasAddresses }: TargetForms): boolean {
  if (zoneOf(entity) !== undefined) return !hasAddresses;
  return isOwnTarget(entity) && (isNameTarget(entity) || !hasAddresses);
}

function whyReplaced({ hasAddresses, names: [name] }: TargetForms): string {
  return `replaced: the domain is now via ${hasAddresses ? 'addresses' : `resolver, by ${name}`}`;
}
