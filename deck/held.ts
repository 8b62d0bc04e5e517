import { z } from 'zod';
import { compareText } from '#core/addresses/targets';
import type { Json, JsonObject } from '#core/model';
import { domainOfUpstream } from '#core/names';
import type { HeldEntity, Kind } from './document';
import { pluginKey, targetKey } from './keys';
import { adoptedDomainOf } from './tags';

/**
 * An id that can be an encoded segment of a path. Dots cannot be encoded, and half a character has
 * no encoding (fm-54).
 */
export const idSchema = z.string().regex(/^(?!\.{1,2}$)\P{Cs}+$/u);

const json: z.ZodType<Json> = z.json();
const fields: z.ZodType<JsonObject> = z.record(z.string(), json);

/** The keys of an entity in files of state, plans and records. */
export const entityShape = {
  kind: z.enum(['upstream', 'target', 'service', 'route', 'plugin']),
  key: z.string(),
  domain: z.string(),
  parent: z.string().optional(),
  fields,
  tags: z.array(z.string()),
};

const reference = z.object({ id: z.string() }).nullish();

/**
 * An entity as Konnect lists it. The identifying fields are parsed, and the rest is carried along.
 */
export const itemSchema = z.looseObject({
  id: idSchema,
  name: z.string().nullish(),
  target: z.string().nullish(),
  tags: z.array(z.string()).nullish(),
  upstream: reference,
  service: reference,
  route: reference,
  consumer: reference,
  consumer_group: reference,
});

export type Item = z.infer<typeof itemSchema>;

/** The field by which a target, route or plugin refers to its parent. */
export const parentFields: Readonly<Partial<Record<Kind, 'upstream' | 'service'>>> = {
  target: 'upstream',
  route: 'service',
  plugin: 'service',
};

/**
 * The entities of all lists, with their parents. An entity of somebody else's parent has no parent
 * here.
 */
export function heldEntities(lists: ReadonlyMap<Kind, readonly Item[]>): readonly HeldEntity[] {
  const parents = [...(lists.get('upstream') ?? []), ...(lists.get('service') ?? [])];
  const names = new Map(parents.map((item) => [item.id, item.name ?? item.id]));
  return [...lists].flatMap(([kind, items]) => items.map((item) => heldEntity(kind, item, names)));
}

/** One entity of a list; `names` has the parents' names by id. */
export function heldEntity(kind: Kind, item: Item, names: ReadonlyMap<string, string>): HeldEntity {
  const { id, tags, created_at: _created, updated_at: _updated, ...rest } = item;
  const parentField = parentFields[kind];
  const parent = parentField && names.get(item[parentField]?.id ?? '');
  const fields = Object.fromEntries(Object.entries(rest).filter(([field]) => field !== parentField));
  const key = keyOf(kind, item, parent);
  return {
    kind,
    key,
    domain: adoptedDomainOf(tags ?? []) ?? domainOf(kind, item, parent),
    parent,
    // Every value comes from JSON.parse.
    fields: fields as JsonObject,
    tags: [...(tags ?? [])].sort(compareText),
    id,
  };
}

/**
 * The id keeps keys apart for an entity without a parent, and for a plugin that runs only for some
 * requests of its service.
 */
function keyOf(kind: Kind, item: Item, parent: string | undefined): string {
  if (kind === 'target') return targetKey(parent ?? item.id, item.target ?? '');
  if (kind !== 'plugin') return item.name ?? item.id;
  const isNarrow = item.route || item.consumer || item.consumer_group;
  return pluginKey((!isNarrow && parent) || item.id, item.name ?? '');
}

function domainOf(kind: Kind, item: Item, parent: string | undefined): string {
  if (kind === 'target' && parent) return domainOfUpstream(parent);
  const name = parent ?? item.name ?? item.target ?? item.id;
  return kind === 'upstream' ? domainOfUpstream(name) : name;
}
