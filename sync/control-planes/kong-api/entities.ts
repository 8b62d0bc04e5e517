import type { JsonObject } from '#core/model';
import type { Kind } from '#deck/document';
import { heldEntity, type Item, parentFields } from '#deck/held';
import type { Change } from '../../plan/changes';
import { type ForeignEntity, foreignAmong } from '../../plan/foreign-entities';

/** Returns the entities in `lists` that block `upserts` and do not carry `ownTags`. */
export function foreignEntities(
  lists: ReadonlyMap<Kind, readonly Item[]>,
  upserts: readonly Change[],
  ownTags: readonly string[],
): readonly ForeignEntity[] {
  const names = new Map(upserts.map(({ parentId = '', after }) => [parentId, after?.parent ?? parentId]));
  const held = [...lists].flatMap(([kind, items]) => items.map((item) => heldEntity(kind, item, names)));
  return foreignAmong(held, upserts, ownTags);
}

/** Body of the PUT for a change. A target's upstream is in the path. */
export function bodyOf({ kind, parentId, after }: Change): JsonObject {
  const parentField = parentFields[kind];
  const own: JsonObject = { ...after?.fields, tags: after?.tags ?? [] };
  return parentField === 'service' && parentId !== undefined ? { ...own, service: { id: parentId } } : own;
}
