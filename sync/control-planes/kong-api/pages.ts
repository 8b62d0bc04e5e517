import { z } from 'zod';
import { createPageCount } from '#core/page-count';
import { stoppedAfter } from '#io/signals';
import { endlessError, lateListError, shapeError } from './errors';
import type { Http, HttpCall } from './http';

/** One page, and the query parameter of the next page. */
type Page<T> = { readonly items: readonly T[]; readonly next?: string };
type PageShape<T> = {
  readonly size: Readonly<Record<string, string>>;
  readonly nextName: string;
  /** A list with more pages is treated as endless. */
  readonly mostPages: number;
  readonly parse: (body: unknown) => Page<T>;
};

type List<T> = Pick<HttpCall, 'path' | 'fixes'> & {
  readonly shape: PageShape<T>;
  readonly query?: Readonly<Record<string, string>>;
};

/** For all pages of a list: the most pages, at 3 s each. */
const listTimeoutMs = 300_000;

/**
 * Reads pages until one names no next page. A failed page fails the whole list (fm-08), and so does
 * a page that leads back, or one page too many (fm-54).
 */
export async function readPages<T>(http: Http, list: List<T>, signal: AbortSignal): Promise<readonly T[]> {
  const late = () => lateListError(`GET ${list.path}`, listTimeoutMs);
  return stoppedAfter((own) => readAll(http, list, own.signal), {
    signal,
    timeoutMs: listTimeoutMs,
    late,
  });
}

async function readAll<T>(
  http: Http,
  { path, shape, query = {}, fixes }: List<T>,
  signal: AbortSignal,
): Promise<readonly T[]> {
  const items: T[] = [];
  const whyEndless = createPageCount(shape.mostPages);
  let next: string | undefined;
  do {
    const parameters = { ...shape.size, ...query, ...(next && { [shape.nextName]: next }) };
    const call = `${path}?${new URLSearchParams(parameters)}`;
    const page = parsePage(call, shape, await http({ method: 'GET', path: call, fixes }, signal));
    const why = page.next && whyEndless(page.next);
    if (why) throw endlessError(`GET ${call}`, why);
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

/**
 * Lists of entities: `data`, and an opaque `offset`, which is absent, null or empty on the last
 * page.
 */
export function entityPages<T>(item: z.ZodType<T>): PageShape<T> {
  const schema = z.object({ data: z.array(item), offset: z.string().nullish() });
  return {
    // Largest page in Konnect's OpenAPI.
    size: { size: '1000' },
    nextName: 'offset',
    // Ten times Konnect's documented 10,000 entities of a kind: a Kong with a database has no
    // limit, and filtered pages may be short.
    mostPages: 100,
    parse: (body) => {
      const { data, offset } = schema.parse(body);
      return { items: data, next: offset || undefined };
    },
  };
}

/**
 * Lists of data planes: `items`, and in `page.next` the address of the next page, or only its
 * cursor.
 */
export function nodePages<T>(item: z.ZodType<T>): PageShape<T> {
  const schema = z.object({ items: z.array(item), page: z.object({ next: z.string().nullish() }).nullish() });
  return {
    // No limit is documented here. Konnect's other lists of this form take 100.
    size: { 'page[size]': '100' },
    nextName: 'page[after]',
    // 10,000 data planes at ten on a page. Konnect also lists those that left in the last days.
    mostPages: 1_000,
    parse: (body) => {
      const { items, page } = schema.parse(body);
      return { items, next: page?.next ? cursorOf(page.next) : undefined };
    },
  };
}

/** Lists of control planes: `data`, and in `meta.page` the page number and the number of items. */
export function numberedPages<T>(item: z.ZodType<T>): PageShape<T> {
  const page = z.object({ number: z.int().min(1), size: z.int().min(1), total: z.int().min(0) });
  const schema = z.object({ data: z.array(item), meta: z.object({ page }) });
  return {
    // No limit is documented here either.
    size: { 'page[size]': '100' },
    nextName: 'page[number]',
    // 10,000 control planes at ten on a page.
    mostPages: 1_000,
    parse: (body) => {
      const { data, meta } = schema.parse(body);
      const { number, size, total } = meta.page;
      return { items: data, next: number * size < total ? String(number + 1) : undefined };
    },
  };
}

function cursorOf(next: string): string {
  return next.includes('?') ? (new URLSearchParams(next.slice(next.indexOf('?'))).get('page[after]') ?? next) : next;
}
