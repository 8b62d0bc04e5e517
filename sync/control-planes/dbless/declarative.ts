import type { Tags } from 'yaml';
import { z } from 'zod';
import { groupBy } from '#core/group-by';
import type { Json, JsonObject } from '#core/model';
import { readYamlValue } from '#core/yaml/parse';
import { writeOrder } from '#deck/desired';
import type { Kind } from '#deck/document';
import { type Item, itemSchema } from '#deck/held';
import type { Change } from '../../plan/changes';
import { bodyOf } from '../kong-api/entities';
import { listPaths } from '../kong-api/paths';

const json: z.ZodType<Json> = z.json();
const list: z.ZodType<readonly JsonObject[]> = z.array(z.record(z.string(), json));

/** Kong's export: flat lists with references by id. Lists of other kinds stay as they are. */
const declarative = z
  .object({
    upstreams: list.default([]),
    targets: list.default([]),
    services: list.default([]),
    routes: list.default([]),
    plugins: list.default([]),
  })
  .catchall(json);

export type Declarative = z.infer<typeof declarative>;

/** Kong (3.9) writes numbers only in decimal, and leaves texts such as 0o17 without quotes. */
const decimalOnly = (tags: Tags): Tags =>
  tags.filter((tag) => typeof tag === 'string' || (tag.format !== 'OCT' && tag.format !== 'HEX'));

/**
 * Parses the text of `GET /config`. Throws when it is not Kong's export. Does not look for
 * duplicate keys, which takes time in the square of their number.
 */
export function parseDeclarative(text: string): Declarative {
  const options = { schema: 'core', customTags: decimalOnly, maxAliasCount: 0, uniqueKeys: false };
  return declarative.parse(readYamlValue(text, options));
}

/**
 * Returns the lists as an Admin API would: with references as objects. Throws when an entity has no
 * id.
 */
export function runningItemsOf(running: Declarative): ReadonlyMap<Kind, readonly Item[]> {
  return new Map(writeOrder.map((kind) => [kind, listOf(running, listPaths[kind]).map(itemOf)]));
}

const referring = ['upstream', 'service', 'route', 'consumer', 'consumer_group'];

function itemOf(entity: JsonObject): Item {
  const references = referring.flatMap((field) =>
    typeof entity[field] === 'string' ? [[field, { id: entity[field] }]] : [],
  );
  return itemSchema.parse({ ...entity, ...Object.fromEntries(references) });
}

/** Returns the configuration after the changes. Everything else in it stays. */
export function applyToDeclarative(running: Declarative, changes: readonly Change[]): Declarative {
  const byPath = groupBy(changes, ({ kind }) => listPaths[kind]);
  const lists = [...byPath].map(([path, changesOfList]) => [path, changed(listOf(running, path), changesOfList)]);
  return { ...running, ...Object.fromEntries(lists) };
}

function listOf(running: Declarative, path: string): readonly JsonObject[] {
  return list.parse(running[path] ?? []);
}

function changed(held: readonly JsonObject[], changes: readonly Change[]): readonly JsonObject[] {
  const entities = new Map(held.map((one) => [one.id, one]));
  for (const change of changes) {
    if (change.after) entities.set(change.id, entityOf(change));
    else entities.delete(change.id);
  }
  return [...entities.values()];
}

function entityOf(change: Change): JsonObject {
  const { kind, id, parentId } = change;
  const { service: _, ...own } = bodyOf(change);
  const parent = kind === 'target' ? 'upstream' : 'service';
  return { id, ...own, ...(parentId !== undefined && { [parent]: parentId }) };
}
