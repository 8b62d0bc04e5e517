import { isJsonObject } from '#core/json';
import type { Json } from '#core/model';

/** Marks a written form in place of a value. */
export const asWritten = Symbol('as written');

/**
 * A scalar that must stay as its author wrote it: it holds a template, or would look like one in
 * another form.
 */
export type Authored = {
  /** Its content, with templates as they are. */
  readonly text: string;
  /** An item of a flow list, where one template may become several items. */
  readonly isFlowItem: boolean;
  /** Returns the author's YAML for a place in a mapping or list that begins in `column`. */
  readonly [asWritten]: (column: number) => string;
};

/** JSON values, and scalars as their author wrote them. */
export type Yaml = Json | Authored | readonly Yaml[] | YamlMapping;
export type YamlMapping = { readonly [key: string]: Yaml };

/** Whether the value is a scalar as its author wrote it. */
export function isAuthored(value: Yaml): value is Authored {
  return typeof value === 'object' && value !== null && asWritten in value;
}

/** Whether this is a mapping. */
export function isMapping(value: Yaml | undefined): value is YamlMapping {
  return value !== undefined && !isAuthored(value) && isJsonObject(value as Json);
}

/** The plain values, with templates as texts. */
export function plainly(written: Yaml): Json {
  if (isAuthored(written)) return written.text;
  if (Array.isArray(written)) return written.map(plainly);
  if (!isMapping(written)) return written as Json;
  return Object.fromEntries(Object.entries(written).map(([key, value]) => [key, plainly(value)]));
}
