import { z } from 'zod';
import { shapeError } from './errors';
import type { Http } from './http';

/** One page, and the query parameters of the next. */
type Page<T> = { readonly items: readonly T[]; readonly next?: string };
type PageShape<T> = {
  readonly size: Readonly<Record<string, string>>;
  readonly nextName: string;
  readonly parse: (body: unknown) => Page<T>;
};

/** Reads pages until one names no next; a page that fails fails the list (fm-08). */
export async function readPages<T>(
  http: Http,
  { path, shape, query = {} }: { path: string; shape: PageShape<T>; query?: Readonly<Record<string, string>> },
  signal: AbortSignal,
): Promise<readonly T[]> {
  const items: T[] = [];
  let next: string | undefined;
  do {
    const parameters = { ...shape.size, ...query, ...(next && { [shape.nextName]: next }) };
    const call = `${path}?${new URLSearchParams(parameters)}`;
    const page = parsePage(call, shape, await http({ method: 'GET', path: call }, signal));
    if (page.next !== undefined && page.next === next)
      throw shapeError(`GET ${call}`, 'the next page is the page itself');
    items.push(...page.items);
    next = page.next;
  } while (next);
  return items;
}

function parsePage<T>(call: string, shape: PageShape<T>, body: unknown): Page<T> {
  try {
    return shape.parse(body);
  } catch (thrown) {
    throw shapeError(`GET ${call}`, thrown);
  }
}

/** Lists of entities: `data`, and an opaque `offset` that is absent, null or empty on the last page. */
export function entityPages<T>(item: z.ZodType<T>): PageShape<T> {
  const schema = z.object({ data: z.array(item), offset: z.string().nullish() });
  return {
    // The largest page that Konnect's OpenAPI allows.
    size: { size: '1000' },
    nextName: 'offset',
    parse: (body) => {
      const { data, offset } = schema.parse(body);
      return { items: data, next: offset || undefined };
    },
  };
}

/** Lists of data planes: `items`, and in `page.next` the address of the next page, or its cursor alone. */
export function nodePages<T>(item: z.ZodType<T>): PageShape<T> {
  const schema = z.object({ items: z.array(item), page: z.object({ next: z.string().nullish() }).nullish() });
  return {
    // No limit is documented here; 100 is what Konnect's other lists of this form take.
    size: { 'page[size]': '100' },
    nextName: 'page[after]',
    parse: (body) => {
      const { items, page } = schema.parse(body);
      return { items, next: page?.next ? cursorOf(page.next) : undefined };
    },
  };
}

function cursorOf(next: string): string {
  return next.includes('?') ? (new URLSearchParams(next.slice(next.indexOf('?'))).get('page[after]') ?? next) : next;
}
