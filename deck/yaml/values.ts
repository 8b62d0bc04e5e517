import { isJsonObject } from '#core/json';
import type { Json } from '#core/model';

/** Marks what is not a value but the way to write one. */
export const asWritten = Symbol('as written');

/** A scalar that its author must find again as it was: with a template in it, or with what would be one if it were written otherwise. */
export type Authored = {
  /** What it says, templates as they are. */
  readonly text: string;
  /** An item of a flow list, where a template may become several. */
  readonly isFlowItem: boolean;
  /** Gives the author's YAML for a place in a mapping or list that begins in `column`. */
  readonly [asWritten]: (column: number) => string;
};

/** What JSON can hold, and scalars as their author wrote them. */
export type Yaml = Json | Authored | readonly Yaml[] | YamlMapping;
export type YamlMapping = { readonly [key: string]: Yaml };

/** Whether this is a scalar as its author wrote it. */
export function isAuthored(value: Yaml): value is Authored {
  return typeof value === 'object' && value !== null && asWritten in value;
}

/** Whether this is a mapping. */
export function isMapping(value: Yaml | undefined): value is YamlMapping {
  return value !== undefined && !isAuthored(value) && isJsonObject(value as Json);
}

/** The values alone, with templates as texts. */
export function plainly(written: Yaml): Json {
  if (isAuthored(written)) return written.text;
  if (Array.isArray(written)) return written.map(plainly);
  if (!isMapping(written)) return written as Json;
  return Object.fromEntries(Object.entries(written).map(([key, value]) => [key, plainly(value)]));
}
