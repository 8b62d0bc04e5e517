import type { JsonObject } from '#core/model';
import { type Answer, type Call, notAllowed, notFound } from './call';
import { constraint, refused } from './refusal';
import { isKindPath, type KindPath } from './schemas';
import { isUuid, nameField, type Store } from './store';

/** Paths of the form `<parents>/<id>/<kind>`, and the field of the kind for its parent. */
const nested: Readonly<Record<string, Readonly<Partial<Record<KindPath, string>>>>> = {
  upstreams: { targets: 'upstream' },
  services: { routes: 'service', plugins: 'service' },
  routes: { plugins: 'route' },
  consumers: { plugins: 'consumer' },
};

/** The resource of a path: all entities of a kind, or of a kind below a parent, or one entity. */
type Resource = {
  readonly kind: KindPath;
  readonly idOrName?: string;
  readonly parent?: JsonObject;
  readonly parentId?: string;
};

/** Answers a call under `core-entities`; `path` is the rest. */
export function entityRoutes(call: Call, path: readonly string[], store: Store, pageCap: number): Answer {
  const resource = resourceOf(path, store);
  const readOnly = resource.kind === 'targets' && !resource.parent;
  if (readOnly && (call.method !== 'GET' || resource.idOrName !== undefined)) throw notAllowed();
  return resource.idOrName === undefined
    ? collectionRoutes(call, resource, store, pageCap)
    : entityRoute(call, { ...resource, idOrName: resource.idOrName }, store);
}

function resourceOf([first = '', id, second, nestedId, ...more]: readonly string[], store: Store): Resource {
  if (!isKindPath(first) || more.length > 0) throw notFound();
  if (second === undefined) return { kind: first, idOrName: id };
  const field = isKindPath(second) ? nested[first]?.[second] : undefined;
  const parent = store.find(first, id ?? '');
  if (!isKindPath(second) || field === undefined || !parent) throw notFound();
  return { kind: second, idOrName: nestedId, parent: { [field]: { id: parent.id } }, parentId: parent.id };
}

function collectionRoutes(call: Call, resource: Resource, store: Store, pageCap: number): Answer {
  const { kind, parent, parentId } = resource;
  if (call.method === 'POST') return { status: 201, body: create(kind, { ...bodyOf(call), ...parent }, store) };
  if (call.method !== 'GET') throw notAllowed();
  const size = Math.min(sizeOf(call.query), pageCap);
  const tags = call.query.get('tags') ?? undefined;
  const page = store.page(kind, { size, tags, offset: call.query.get('offset') || undefined, parentId });
  const next =
    page.offset &&
    `/${call.path.join('/')}?${new URLSearchParams({ size: String(size), offset: page.offset, ...(tags && { tags }) })}`;
  return { status: 200, body: { ...page, next } };
}

function create(kind: KindPath, body: JsonObject, store: Store): JsonObject {
  const id = typeof body.id === 'string' ? body.id : undefined;
  if (id !== undefined && store.find(kind, id)) {
    throw constraint('id', 'unique', id);
  }
  return store.put(kind, id, body);
}

function entityRoute(call: Call, resource: Resource & { idOrName: string }, store: Store): Answer {
  const { kind, idOrName, parent } = resource;
  const held = store.find(kind, idOrName, parent);
  if (call.method === 'GET') {
    if (!held) throw notFound();
    return { status: 200, body: held };
  }
  if (call.method === 'DELETE') {
    if (held) store.remove(kind, held.id);
    return { status: 204 };
  }
  if (call.method !== 'PUT') throw notAllowed();
  const named = isUuid(idOrName) ? {} : { [nameField(kind)]: idOrName };
  const id = held?.id ?? (isUuid(idOrName) ? idOrName : undefined);
  return { status: 200, body: store.put(kind, id, { ...named, ...bodyOf(call), ...parent }) };
}

function bodyOf(call: Call): JsonObject {
  if (typeof call.body === 'object' && call.body !== null) return call.body as JsonObject;
  throw refused(400, 'Bad Request', 'a JSON object is required');
}

function sizeOf(query: URLSearchParams): number {
  const size = Number(query.get('size') ?? 100);
  if (Number.isInteger(size) && size >= 1 && size <= 1000) return size;
  throw refused(400, 'Bad Request', 'size must be an integer from 1 to 1000');
}
