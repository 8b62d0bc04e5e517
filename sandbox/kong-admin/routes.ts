import type { JsonObject } from '#core/model';
import type { Answer, Call } from '../konnect/call';
import { entityRoutes } from '../konnect/entity-routes';
import type { Refusal } from '../konnect/refusal';
import { isKindPath, type KindPath } from '../konnect/schemas';
import type { Store } from '../konnect/store';
import type { StoredEntity } from '../konnect/table';
import { inKongsWords, kongRefusal, refuseUnknown, shown } from './shapes';

export type EntityOptions = { readonly store: Store; readonly hasDatabase: boolean; readonly pageCap: number };

/** Kong 3.9 without a database lists no more targets of an upstream, and names no further page. */
const cutTargets = 100;

/**
 * Answers a call about entities; `path` follows the workspace. Throws a Refusal in Kong's words.
 */
export function answerEntities(call: Call, path: readonly string[], options: EntityOptions): Answer {
  const kind = kindOf(path);
  if (!kind || (kind === 'targets' && path.length < 3)) throw kongRefusal(404, 'Not found');
  if (call.method !== 'GET' && !options.hasDatabase) throw withoutDatabase(call, kind);
  if (!options.hasDatabase && call.query.has('tags')) refuseFilter(kind, options.store);
  if (call.method === 'PUT' || call.method === 'POST') refuseUnknown(kind, call.body as JsonObject);
  return inKongsWords(() => {
    refuseTarget(call, path, options.store);
    const isCut = kind === 'targets' && path.length === 3 && !options.hasDatabase;
    const answer = entityRoutes(call, path, options.store, isCut ? cutTargets : options.pageCap);
    return translated(
      kind,
      isCut ? { ...answer, body: { ...(answer.body as object), offset: undefined, next: undefined } } : answer,
    );
  });
}

function kindOf([first = '', , second]: readonly string[]): KindPath | undefined {
  const kind = second ?? first;
  return isKindPath(kind) ? kind : undefined;
}

/** PUT changes a target and never makes one. */
function refuseTarget({ method }: Call, [, upstream = '', , target]: readonly string[], store: Store): void {
  if (method !== 'PUT' || target === undefined) return;
  const parent = store.find('upstreams', upstream);
  if (!parent || !store.find('targets', target, { upstream: { id: parent.id } })) throw kongRefusal(404, 'Not found');
}

/** Kong 3.9 without a database trips over entities without tags when it filters. */
function refuseFilter(kind: KindPath, store: Store): void {
  if (store.values(kind).some(({ tags }) => !tags)) throw kongRefusal(500, 'An unexpected error occurred');
}

function withoutDatabase({ method }: Call, kind: KindPath): Refusal {
  const verb = method === 'DELETE' ? 'remove' : method === 'POST' ? 'create' : 'create or update';
  return kongRefusal(405, `cannot ${verb} '${kind}' entities when not using a database`, 12);
}

function translated(kind: KindPath, { status, body }: Answer): Answer {
  if (body === undefined) return { status };
  const list = body as { readonly data?: readonly StoredEntity[]; readonly next?: string };
  if (!Array.isArray(list.data)) return { status, body: shown(kind, body as StoredEntity) };
  return { status, body: { ...list, data: list.data.map((one) => shown(kind, one)), next: list.next ?? null } };
}
