import { writeOrder } from '#deck/desired';
import type { HeldEntity, Kind } from '#deck/document';
import { heldEntities, type Item, itemSchema } from '#deck/held';
import { concurrently } from '#io/concurrently';
import type { Http } from './http';
import { entityPages, readPages } from './pages';
import { listPaths, targetsPath } from './paths';

/** The entities of one control plane: its client, and the path above its lists. */
export type EntityApi = { readonly http: Http; readonly base: string };

/** A list of entities of one kind; `path` below the base. */
export type ListPath = { readonly kind: Kind; readonly path: string };

export type ListOptions = EntityApi & {
  /** The server returns only entities with all of these tags. Empty: all entities. */
  readonly tags: readonly string[];
  readonly concurrency: number;
};

const items = entityPages(itemSchema);

/** Reads complete lists, by kind. Throws PrivatelinkError when any page fails. */
export async function readLists(
  paths: readonly ListPath[],
  { http, base, tags, concurrency }: ListOptions,
  signal: AbortSignal,
): Promise<ReadonlyMap<Kind, readonly Item[]>> {
  const query: Readonly<Record<string, string>> = tags.length > 0 ? { tags: tags.join() } : {};
  const lists = await concurrently(paths, { limit: concurrency, signal }, async ({ kind, path }, own) => {
    const pages = { path: `${base}/${path}`, shape: items, query };
    return { kind, items: await readPages(http, pages, own) };
  });
  const kinds = new Set(paths.map(({ kind }) => kind));
  return new Map([...kinds].map((kind) => [kind, lists.flatMap((list) => (list.kind === kind ? list.items : []))]));
}

type ReadAllOptions = {
  readonly concurrency: number;
  /** False for Kong's own Admin API, which lists targets only below their upstream. */
  readonly hasTargetList: boolean;
};

/**
 * Reads all entities of a control plane, including those of others, without a filter. Throws
 * PrivatelinkError.
 */
export async function readEverything(
  api: EntityApi,
  { concurrency, hasTargetList }: ReadAllOptions,
  signal: AbortSignal,
): Promise<readonly HeldEntity[]> {
  const options = { ...api, concurrency, tags: [] };
  const flat = writeOrder.filter((kind) => hasTargetList || kind !== 'target');
  const lists = await readLists(
    flat.map((kind) => ({ kind, path: listPaths[kind] })),
    options,
    signal,
  );
  if (hasTargetList) return heldEntities(lists);
  const below = (lists.get('upstream') ?? []).map(({ id }): ListPath => ({ kind: 'target', path: targetsPath(id) }));
  return heldEntities(new Map([...lists, ...(await readLists(below, options, signal))]));
}
