import { createHash } from 'node:crypto';
import type { Json, JsonObject } from './model';

/** Whether a value is a JSON object, and no list. */
export function isJsonObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Whether a value is empty: control planes write an absent list or map as null, `[]` or `{}`. */
export function isEmpty(value: Json): boolean {
  return value === null || (typeof value === 'object' && Object.keys(value).length === 0);
}

/**
 * Writes JSON with sorted keys and without undefined fields: equal values have equal texts. Takes
 * values that JSON can hold.
 */
export function canonicalJson(value: unknown): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
  // Lists of statuses are most of a document.
  if (Array.isArray(value))
    return value.some(isObject) ? `[${value.map(canonicalJson).join()}]` : JSON.stringify(value);
  let fields = '';
  for (const key of Object.keys(value).sort()) {
    const field: unknown = value[key as keyof typeof value];
    if (field !== undefined) fields += `${fields && ','}${JSON.stringify(key)}:${canonicalJson(field)}`;
  }
  return `{${fields}}`;
}

function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null;
}

/** Equal values have equal checksums. */
export function checksumOf(value: unknown): string {
  return digestOf(canonicalJson(value));
}

/** SHA-256 of a text, in hexadecimal. */
export function digestOf(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
