import { stringify } from 'yaml';
import { z } from 'zod';
import type { JsonObject } from '#core/model';
import { Refusal } from '../konnect/refusal';
import type { KindPath } from '../konnect/schemas';
import { createStore, type Store } from '../konnect/store';
import { referenceOf } from '../konnect/table';
import { asKong, kongRefusal, refuseUnknown, shown } from './shapes';

/** Parents before the entities with references to them. */
const order: readonly KindPath[] = ['services', 'routes', 'upstreams', 'targets', 'consumers', 'plugins'];
const references = ['service', 'route', 'upstream', 'consumer'] as const;

const list = z.array(z.record(z.string(), z.json())).default([]);
const document = z.strictObject({
  _format_version: z.literal(['1.1', '2.1', '3.0']),
  _transform: z.boolean().optional(),
  _comment: z.string().optional(),
  services: list,
  routes: list,
  upstreams: list,
  targets: list,
  consumers: list,
  plugins: list,
});

/** The text of `GET /config`: flat lists, references by id. */
export function exportStore(store: Store): string {
  const lists = order.map((kind) => [kind, store.values(kind).map((one) => flat(shown(kind, one)))] as const);
  const filled = lists.filter(([, entities]) => entities.length > 0);
  return stringify({ _format_version: '3.0', _transform: false, ...Object.fromEntries(filled) });
}

function flat(entity: JsonObject): JsonObject {
  const present = Object.entries(entity).filter(([, value]) => value !== null);
  const ids = references.flatMap((field) => {
    const id = referenceOf(entity, field);
    return id === undefined ? [] : [[field, id] as const];
  });
  return { ...Object.fromEntries(present), ...Object.fromEntries(ids) };
}

/**
 * Reads a document of flat lists into a store of its own. Throws Kong's Refusal for `POST /config`.
 */
export function importStore(body: unknown, isInstalled: (plugin: string) => boolean): Store {
  const parsed = document.safeParse(body);
  if (!parsed.success) throw kongRefusal(400, `declarative config is invalid: ${z.prettifyError(parsed.error)}`, 14);
  const store = createStore(isInstalled);
  const errors = order.flatMap((kind) => parsed.data[kind].flatMap((entity) => put(kind, entity as JsonObject, store)));
  if (errors.length === 0) return store;
  throw new Refusal(400, {
    code: 14,
    name: 'invalid declarative configuration',
    message: 'declarative config is invalid: {}',
    fields: {},
    flattened_errors: errors,
  });
}

function put(kind: KindPath, entity: JsonObject, store: Store): readonly JsonObject[] {
  const refer = references.flatMap((field) =>
    typeof entity[field] === 'string' ? [[field, { id: entity[field] }]] : [],
  );
  const { id } = entity;
  try {
    refuseUnknown(kind, entity);
    store.put(kind, typeof id === 'string' ? id : undefined, { ...entity, ...Object.fromEntries(refer) });
    return [];
  } catch (thrown) {
    if (!(thrown instanceof Refusal)) throw thrown;
    const { message = '' } = 'details' in thrown.body ? asKong(thrown).body : thrown.body;
    const { name, tags } = entity;
    return [
      {
        entity_type: kind.slice(0, -1),
        ...(typeof name === 'string' && { entity_name: name }),
        ...(Array.isArray(tags) && { entity_tags: tags }),
        entity,
        errors: [{ type: 'entity', message }],
      },
    ];
  }
}
