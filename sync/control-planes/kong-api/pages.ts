import { z } from 'zod';
import { createPageCount } from '#core/page-count';
import { stoppedAfter } from '#io/signals';
import { endlessError, lateListError, shapeError } from './errors';
import type { Http, HttpCall } from './http';

/** One page, and the query parameters of the next. */
type Page<T> = { readonly items: readonly T[]; readonly next?: string };
type PageShape<T> = {
  readonly size: Readonly<Record<string, string>>;
  readonly nextName: string;
  /** A list that goes on after these has no end. */
  readonly mostPages: number;
  readonly parse: (body: unknown) => Page<T>;
};

type List<T> = Pick<HttpCall, 'path' | 'fixes'> & {
  readonly shape: PageShape<T>;
  readonly query?: Readonly<Record<string, string>>;
};

/** For all pages of a list: the most that there may be, at 3 s each. */
const listTimeoutMs = 300_000;

/** Reads pages until one names no next; a page that fails fails the list (fm-08), and so does one that leads back, or one too many (fm-54). */
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

/** Lists of entities: `data`, and an opaque `offset` that is absent, null or empty on the last page. */
export function entityPages<T>(item: z.ZodType<T>): PageShape<T> {
  const schema = z.object({ data: z.array(item), offset: z.string().nullish() });
  return {
    // The largest page that Konnect's OpenAPI allows.
    size: { size: '1000' },
    nextName: 'offset',
    // Ten times the 10,000 entities of a kind that Konnect documents: a Kong with a database has no limit, and a filtered page may be short.
    mostPages: 100,
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
    // 10,000 data planes, of which Konnect lists those of the last days, even where it gives ten on a page.
    mostPages: 1_000,
    parse: (body) => {
      const { items, page } = schema.parse(body);
      return { items, next: page?.next ? cursorOf(page.next) : undefined };
    },
  };
}

/** Lists of control planes: `data`, and in `meta.page` which page that is, and of how many items. */
export function numberedPages<T>(item: z.ZodType<T>): PageShape<T> {
  const page = z.object({ number: z.int().min(1), size: z.int().min(1), total: z.int().min(0) });
  const schema = z.object({ data: z.array(item), meta: z.object({ page }) });
  return {
    // No limit is documented here either.
    size: { 'page[size]': '100' },
    nextName: 'page[number]',
    // 10,000 control planes, even where Konnect gives ten on a page.
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
