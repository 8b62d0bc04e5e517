import { createHash, randomUUID } from 'node:crypto';
import { compareText } from '#core/addresses/targets';
import type { JsonObject } from '#core/model';
import { pluginConfig } from './bundled-plugins';
import { constraint, invalidEntity } from './refusal';
import { type KindPath, parseEntity } from './schemas';
import {
  createTable,
  type Page,
  type PageQuery,
  referenceOf,
  type StoredEntity,
  type Table,
  type Unique,
} from './table';

type Reference = { readonly kind: KindPath; readonly onDelete: 'cascade' | 'refuse' };
type KindRules = { readonly uniques: readonly Unique[]; readonly references: Readonly<Record<string, Reference>> };

const kindRules: Readonly<Record<KindPath, KindRules>> = {
  services: { uniques: [['name']], references: {} },
  routes: { uniques: [['name']], references: { service: { kind: 'services', onDelete: 'refuse' } } },
  upstreams: { uniques: [['name']], references: {} },
  targets: { uniques: [['upstream', 'target']], references: { upstream: { kind: 'upstreams', onDelete: 'cascade' } } },
  plugins: {
    uniques: [['name', 'service', 'route', 'consumer'], ['instance_name']],
    references: {
      service: { kind: 'services', onDelete: 'cascade' },
      route: { kind: 'routes', onDelete: 'cascade' },
      consumer: { kind: 'consumers', onDelete: 'cascade' },
    },
  },
  consumers: { uniques: [['username'], ['custom_id']], references: {} },
};

const kindPaths = Object.keys(kindRules) as readonly KindPath[];

/** Konnect's limit for each of services, routes, upstreams and targets of a control plane. */
const entityLimit = 10_000;

/** The entities of one control plane. */
export type Store = {
  readonly page: (kind: KindPath, query: PageQuery) => Page;
  readonly values: (kind: KindPath) => readonly StoredEntity[];
  /** By id or by name; a target by id or address within its upstream. */
  readonly find: (kind: KindPath, idOrName: string, parent?: JsonObject) => StoredEntity | undefined;
  /** Creates, or replaces the entity of that id. Throws a Refusal. */
  readonly put: (kind: KindPath, id: string | undefined, body: unknown) => StoredEntity;
  readonly remove: (kind: KindPath, id: string) => void;
  /** Digest of all content, the same for the same content. */
  readonly hash: () => string;
};

/** `hasSchema` says whether a custom plugin of that name was uploaded. */
export function createStore(hasSchema: (plugin: string) => boolean): Store {
  const tables = createTables();
  let digest: string | undefined;

  function put(kind: KindPath, id: string | undefined, body: unknown): StoredEntity {
    const fields = parseEntity(kind, body);
    checkReferences(kind, fields, tables);
    const table = tables[kind];
    const former = id === undefined ? undefined : table.get(id);
    if (!former && table.size() >= entityLimit) throw invalidEntity(`limit of ${entityLimit} ${kind} is reached`);
    const content = kind === 'plugins' ? withConfig(fields, hasSchema) : fields;
    const now = Math.floor(Date.now() / 1000);
    const created_at = former?.created_at ?? now;
    // Nobody else holds the parsed entity: a copy of its many fields takes longer than its check.
    const entity = Object.assign(content, { id: id ?? randomUUID(), created_at, updated_at: now });
    table.put(entity);
    digest = undefined;
    return entity;
  }

  return {
    page: (kind, query) => tables[kind].page(query),
    values: (kind) => tables[kind].values(),
    find: (kind, idOrName, parent) => find(kind, idOrName, tables, parent),
    put,
    remove: (kind, id) => {
      removeTree(kind, id, tables);
      digest = undefined;
    },
    hash: () => {
      digest ??= digestOf(tables);
      return digest;
    },
  };
}

function withConfig(plugin: JsonObject, hasSchema: (plugin: string) => boolean): JsonObject {
  return { ...plugin, config: pluginConfig(String(plugin.name), plugin.config as JsonObject, hasSchema) };
}

type Tables = Readonly<Record<KindPath, Table>>;

function createTables(): Tables {
  const tables = Object.entries(kindRules).map(([kind, { uniques, references }]) => [
    kind,
    createTable(uniques, Object.keys(references)),
  ]);
  return Object.fromEntries(tables) as Tables;
}

function find(kind: KindPath, idOrName: string, tables: Tables, parent?: JsonObject): StoredEntity | undefined {
  const entity = tables[kind].get(isUuid(idOrName) ? idOrName : (idOf(kind, idOrName, tables, parent) ?? idOrName));
  if (!entity) return undefined;
  const [[field, reference] = []] = Object.entries(parent ?? {});
  const belongs = !field || JSON.stringify(entity[field]) === JSON.stringify(reference);
  return belongs ? entity : undefined;
}

function idOf(kind: KindPath, name: string, tables: Tables, parent?: JsonObject): string | undefined {
  const unique = kindRules[kind].uniques[0];
  return unique && tables[kind].holder(unique, { ...parent, [nameField(kind)]: name });
}

export function isUuid(text: string): boolean {
  return /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(text);
}

/** The field that a path may name instead of the id. */
export function nameField(kind: KindPath): string {
  return kind === 'targets' ? 'target' : kind === 'consumers' ? 'username' : 'name';
}

function checkReferences(kind: KindPath, fields: JsonObject, tables: Tables): void {
  for (const [field, reference] of Object.entries(kindRules[kind].references)) {
    const id = referenceOf(fields, field);
    if (id !== undefined && !tables[reference.kind].get(id)) throw constraint(`${field}.id`, 'foreign', id);
  }
}

/** Removes an entity and its dependants. All refusals are checked before any removal. */
function removeTree(kind: KindPath, id: string, tables: Tables): void {
  const dependants = kindPaths.flatMap((child) =>
    Object.values(kindRules[child].references)
      .filter((reference) => reference.kind === kind)
      .map((reference) => ({ child, onDelete: reference.onDelete, entities: tables[child].children(id) })),
  );
  const refusing = dependants.find((one) => one.onDelete === 'refuse' && one.entities.length > 0);
  if (refusing) throw constraint(refusing.child, 'foreign', id);
  for (const { child, entities } of dependants) for (const entity of entities) removeTree(child, entity.id, tables);
  tables[kind].remove(id);
}

/** MD5 in hexadecimal: the form of the hash that data planes report. */
function digestOf(tables: Tables): string {
  const hash = createHash('md5');
  for (const kind of kindPaths) {
    for (const entity of [...tables[kind].values()].sort((a, b) => compareText(a.id, b.id))) {
      const { created_at: _created, updated_at: _updated, ...content } = entity;
      hash.update(JSON.stringify([kind, content]));
    }
  }
  return hash.digest('hex');
}
