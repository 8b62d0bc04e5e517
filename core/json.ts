import type { Json, JsonObject } from './model';

/** Whether a value is a JSON object, and no list. */
export function isJsonObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Whether a value says nothing: control planes write an absent list or map as null, `[]` or `{}`. */
export function isEmpty(value: Json): boolean {
  return value === null || (typeof value === 'object' && Object.keys(value).length === 0);
}
