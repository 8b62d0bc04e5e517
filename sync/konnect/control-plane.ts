import type { Clock } from '../../core/clock';
import { concurrently } from '../../core/concurrently';
import { writeOrder } from '../../deck/desired';
import type { Kind } from '../../deck/document';
import { selectTags } from '../../deck/tags';
import type { KonnectConfig } from '../../discovery/config';
import type { Change } from '../changes';
import type { EntityControlPlane } from '../control-plane';
import { systemClock } from '../system-clock';
import { bodyOf, foreignEntities, heldEntities, type Item, itemSchema } from './entities';
import { createHttp, type Http, type HttpOptions } from './http';
import { entityPages, readPages } from './pages';
import { clashPaths, entityPath, listPaths } from './paths';
import { resolveControlPlane } from './resolve';
import { readRollout } from './rollout';

export type ConnectOptions = { readonly clock?: Clock } & Pick<HttpOptions, 'random' | 'timeoutMs'>;

/**
 * Gives what reads and writes, for `owner`, the control plane that the configuration names in Konnect; no call is made yet.
 * Every method throws PrivatelinkError, or the signal's reason when aborted.
 */
export function connectKonnect(
  config: KonnectConfig,
  owner: string,
  { clock = systemClock, ...options }: ConnectOptions = {},
): EntityControlPlane {
  const http = createHttp({ ...config, ...options, clock });
  const ownTags = selectTags(owner);
  let plane: string | undefined;
  const resolve = async (signal: AbortSignal) => {
    plane = `/v2/control-planes/${await resolveControlPlane(http, config.name, signal)}`;
    return plane;
  };
  const readLists = async (paths: readonly ListPath[], tags: readonly string[], signal: AbortSignal) =>
    listAll(paths, { http, plane: plane ?? (await resolve(signal)), tags, concurrency: config.concurrency }, signal);
  return {
    read: async (signal) => {
      // A pass starts here, and a control plane made anew under its old name has another id.
      await resolve(signal);
      const paths = writeOrder.map((kind) => ({ kind, path: listPaths[kind] }));
      const held = heldEntities(await readLists(paths, ownTags, signal));
      // A proxy that drops the filter must not make everything ours.
      return held.filter((entity) => ownTags.every((tag) => entity.tags.includes(tag)));
    },
    readForeign: async (creates, signal) =>
      foreignEntities(await readLists(clashPaths(creates), [], signal), creates, ownTags),
    write: async (change, signal) => write(change, { http, plane: plane ?? (await resolve(signal)) }, signal),
    readRollout: async (signal) =>
      readRollout(http, { plane: plane ?? (await resolve(signal)), nowMs: clock.now() }, signal),
  };
}

/** Path of the control plane, and the client to reach it. */
type Plane = { readonly http: Http; readonly plane: string };
type ListPath = { readonly kind: Kind; readonly path: string };
type ListOptions = Plane & { readonly tags: readonly string[]; readonly concurrency: number };

const items = entityPages(itemSchema);

/** Reads lists whole; only entities that have all of `tags`. */
async function listAll(
  paths: readonly ListPath[],
  { http, plane, tags, concurrency }: ListOptions,
  signal: AbortSignal,
): Promise<ReadonlyMap<Kind, readonly Item[]>> {
  const query: Readonly<Record<string, string>> = tags.length > 0 ? { tags: tags.join() } : {};
  const lists = await concurrently(paths, concurrency, async ({ kind, path }) => {
    const pages = { path: `${plane}/core-entities/${path}`, shape: items, query };
    return { kind, items: await readPages(http, pages, signal) };
  });
  const kinds = new Set(paths.map(({ kind }) => kind));
  return new Map([...kinds].map((kind) => [kind, lists.flatMap((list) => (list.kind === kind ? list.items : []))]));
}

/** PUT by id creates or replaces (fm-19); the deletion of what is gone already succeeds. */
async function write(change: Change, { http, plane }: Plane, signal: AbortSignal): Promise<void> {
  const path = `${plane}/core-entities/${entityPath(change)}`;
  if (change.action === 'delete') await http({ method: 'DELETE', path }, signal);
  else await http({ method: 'PUT', path, body: bodyOf(change) }, signal);
}
