import { type Document, type Entity, type HeldEntity, nameOf, parentNameOf } from '#deck/document';
import { besideTheirs } from '#deck/tags';
import type { Kept } from './changes';

type Completed = { readonly desired: Document; readonly kept: readonly Kept[] };

/**
 * The document with all that the control plane holds of what people wrote, whose fields and tags stay. What it does not hold under our tags is not
 * made, nor what would hang on it: a plugin without its service would be for all requests.
 */
export function completeAdopted(desired: Document, heldByName: ReadonlyMap<string, HeldEntity>): Completed {
  if (!desired.some((one) => one.isPartial)) return { desired, kept: [] };
  const missing = new Set(desired.filter((one) => one.isPartial && !heldByName.has(nameOf(one))).map(nameOf));
  const isThere = (one: Entity) => !missing.has(nameOf(one)) && !missing.has(parentNameOf(one) ?? '');
  return {
    desired: desired.filter(isThere).map((one) => (one.isPartial ? completed(one, heldByName.get(nameOf(one))) : one)),
    kept: desired.filter((one) => missing.has(nameOf(one))).map(whyMissing),
  };
}

function completed({ isPartial: _, ...entity }: Entity, held?: HeldEntity): Entity {
  if (!held) return entity;
  return { ...entity, fields: { ...held.fields, ...entity.fields }, tags: besideTheirs(entity.tags, held.tags) };
}

function whyMissing({ kind, key, domain }: Entity): Kept {
  const reason = `domains.${domain}.adopted names ${kind} ${key}, which does not carry this owner's tags: kong-privatelink adopt --apply ${domain} takes it over`;
  return { key, domain, reason };
}
