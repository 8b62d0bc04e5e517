import type { JsonObject } from '#core/model';
import { constraint, refused } from './refusal';

/** An entity as Konnect answers it. */
export type StoredEntity = JsonObject & { readonly id: string };

/** Fields that are unique together; when the first is absent, the rule does not apply. */
export type Unique = readonly [string, ...string[]];

export type PageQuery = {
  readonly size: number;
  /** From the page before. */
  readonly offset?: string;
  /** `a,b`: all of them; `a/b`: any of them. */
  readonly tags?: string;
  /** Only entities that refer to this one. */
  readonly parentId?: string;
};

export type Page = { readonly data: readonly StoredEntity[]; readonly offset?: string };

/** All entities of one kind, found without a scan by id, by unique fields and by reference. */
export type Table = {
  readonly size: () => number;
  readonly values: () => readonly StoredEntity[];
  readonly get: (id: string) => StoredEntity | undefined;
  /** Id of the entity that has these values in these fields. */
  readonly holder: (unique: Unique, entity: JsonObject) => string | undefined;
  readonly children: (parentId: string) => readonly StoredEntity[];
  readonly page: (query: PageQuery) => Page;
  /** Throws a Refusal when a unique field is taken by another entity. */
  readonly put: (entity: StoredEntity) => void;
  readonly remove: (id: string) => void;
};

type Row = { readonly entity: StoredEntity; readonly sequence: number };
type Rows = Map<string, Row>;

/** `references` names the fields that refer to other entities. */
export function createTable(uniques: readonly Unique[], references: readonly string[]): Table {
  const rows: Rows = new Map();
  const holders = new Map<string, string>();
  const byParent = new Map<string, Rows>();
  let lastSequence = 0;

  const keysOf = (entity: JsonObject) => uniques.flatMap((unique) => uniqueKey(unique, entity) ?? []);
  const parentsOf = (entity: JsonObject) => references.flatMap((field) => referenceOf(entity, field) ?? []);
  const holder = (unique: Unique, entity: JsonObject) => holders.get(uniqueKey(unique, entity) ?? '');

  function remove(id: string): void {
    const row = rows.get(id);
    if (!row) return;
    rows.delete(id);
    for (const key of keysOf(row.entity)) holders.delete(key);
    for (const parent of parentsOf(row.entity)) byParent.get(parent)?.delete(id);
  }

  function put(entity: StoredEntity): void {
    for (const unique of uniques) refuseTaken(unique, entity, holder(unique, entity));
    const former = rows.get(entity.id);
    const stays = former && parentsOf(former.entity).join() === parentsOf(entity).join();
    if (stays) for (const key of keysOf(former.entity)) holders.delete(key);
    else remove(entity.id);
    lastSequence += 1;
    const row = { entity, sequence: stays ? former.sequence : lastSequence };
    rows.set(entity.id, row);
    for (const key of keysOf(entity)) holders.set(key, entity.id);
    for (const parent of parentsOf(entity)) rowsOf(byParent, parent).set(entity.id, row);
  }

  return {
    size: () => rows.size,
    values: () => [...rows.values()].map((row) => row.entity),
    get: (id) => rows.get(id)?.entity,
    holder,
    children: (parentId) => [...(byParent.get(parentId)?.values() ?? [])].map((row) => row.entity),
    page: (query) => pageOf(query.parentId === undefined ? rows : (byParent.get(query.parentId) ?? new Map()), query),
    put,
    remove,
  };
}

/** Id that a field refers to. */
export function referenceOf(entity: JsonObject, field: string): string | undefined {
  const value = entity[field];
  const id = typeof value === 'object' && value !== null && 'id' in value ? value.id : undefined;
  return typeof id === 'string' ? id : undefined;
}

function uniqueKey(unique: Unique, entity: JsonObject): string | undefined {
  if (entity[unique[0]] === undefined) return undefined;
  return unique.map((field) => `${field}=${referenceOf(entity, field) ?? entity[field] ?? ''}`).join('\n');
}

function refuseTaken(unique: Unique, entity: StoredEntity, holderId: string | undefined): void {
  if (holderId !== undefined && holderId !== entity.id) {
    throw constraint(unique.at(-1) === 'target' ? 'target' : unique[0], 'unique', String(entity[unique[0]]));
  }
}

function rowsOf(byParent: Map<string, Rows>, parentId: string): Rows {
  const rows = byParent.get(parentId) ?? new Map();
  byParent.set(parentId, rows);
  return rows;
}

/**
 * Pages follow the order of creation: a page needs no sorting, and a removed entity makes none
 * skipped.
 */
function pageOf(rows: Rows, query: PageQuery): Page {
  const after = query.offset === undefined ? 0 : sequenceOf(query.offset);
  const matches = tagFilter(query.tags);
  const found: Row[] = [];
  for (const row of rows.values()) {
    if (row.sequence <= after || !matches(row.entity)) continue;
    if (found.length === query.size) return { data: found.map((one) => one.entity), offset: offsetOf(found.at(-1)) };
    found.push(row);
  }
  return { data: found.map((row) => row.entity) };
}

function offsetOf(row: Row | undefined): string {
  return Buffer.from(`after:${row?.sequence ?? 0}`).toString('base64url');
}

function sequenceOf(offset: string): number {
  const [, digits] = /^after:(\d+)$/.exec(Buffer.from(offset, 'base64url').toString()) ?? [];
  if (digits === undefined) throw refused(400, 'Bad Request', 'invalid offset');
  return Number(digits);
}

function tagFilter(tags: string | undefined): (entity: JsonObject) => boolean {
  if (tags === undefined || tags === '') return () => true;
  if (tags.includes(',') && tags.includes('/')) throw refused(400, 'Bad Request', 'tags: both , and / in one filter');
  const has = (entity: JsonObject, tag: string) => Array.isArray(entity.tags) && entity.tags.includes(tag);
  const any = tags.split('/');
  const all = tags.split(',');
  return any.length > 1
    ? (entity) => any.some((tag) => has(entity, tag))
    : (entity) => all.every((tag) => has(entity, tag));
}
