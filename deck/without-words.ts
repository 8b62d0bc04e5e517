import { isJsonObject } from '#core/json';
import type { Json } from '#core/model';
import type { Entity } from './document';

/** The value with each text masked: a plugin's settings may be passwords, and reports are for everybody to read. */
export function withoutWords(value: Json): Json {
  if (typeof value === 'string') return '***';
  if (Array.isArray(value)) return value.map(withoutWords);
  if (!isJsonObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, withoutWords(one)]));
}

/** A plugin as reports may show it: numbers, and the names of its settings. */
export function maskedPlugin(plugin: Entity): Entity {
  const { config = null, ...fields } = plugin.fields;
  return { ...plugin, fields: { ...fields, config: withoutWords(config) } };
}
