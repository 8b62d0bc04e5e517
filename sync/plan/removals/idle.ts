import { defaultTagKeys } from '#config/schema';
import type { Entity } from '#deck/document';

/** Whether a target gets no requests: an upstream's by its weight, an instance's of Cloud Map by its attribute. */
export function isIdle({ fields }: Pick<Entity, 'fields'>): boolean {
  return fields.weight === 0 || fields[defaultTagKeys.weight] === '0';
}
