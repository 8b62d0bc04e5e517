import { defaultTagKeys } from '#config/schema';
import type { Entity } from '#deck/document';

/**
 * Whether a target gets no requests. An upstream's target has a weight; a Cloud Map instance has an
 * attribute.
 */
export function isIdle({ fields }: Pick<Entity, 'fields'>): boolean {
  return fields.weight === 0 || fields[defaultTagKeys.weight] === '0';
}
