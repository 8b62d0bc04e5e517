import type { Kind } from '#deck/document';
import { type Item, itemSchema } from '#deck/held';
import { concurrently } from '#io/concurrently';
import type { Http } from './http';
import { entityPages, readPages } from './pages';

/** The entities of one control plane: the client to reach them, and the path above their lists. */
export type EntityApi = { readonly http: Http; readonly base: string };

/** A list of entities of one kind; `path` below the base. */
export type ListPath = { readonly kind: Kind; readonly path: string };

export type ListOptions = EntityApi & {
  /** The server gives only entities that have all of these; none: all entities. */
  readonly tags: readonly string[];
  readonly concurrency: number;
};

const items = entityPages(itemSchema);

/** Reads lists whole, by kind. Throws PrivatelinkError when any page fails. */
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
