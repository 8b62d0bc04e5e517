import { withoutDefaults } from '#deck/compare';
import { type Document, type Entity, nameOf } from '#deck/document';
import type { Change } from '../../plan/changes';

/** Returns the document after the changes. */
export function applyTo(held: readonly Entity[], changes: readonly Change[]): Document {
  const entities = new Map(held.map((entity) => [nameOf(entity), withoutDefaults(entity)]));
  for (const change of changes) {
    if (change.after) entities.set(nameOf(change), change.after);
    else entities.delete(nameOf(change));
  }
  return [...entities.values()];
}
