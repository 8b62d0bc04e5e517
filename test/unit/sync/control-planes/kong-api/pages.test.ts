import { describe, expect, it, jest } from '@jest/globals';
import { z } from 'zod';
import type { Http } from '#sync/control-planes/kong-api/http';
import { entityPages, nodePages, numberedPages, readPages } from '#sync/control-planes/kong-api/pages';

const signal = new AbortController().signal;
const item = z.string();

/** Answers with the bodies in turn, the last one for ever, and records the requested paths. */
function answering(...bodies: readonly unknown[]): { readonly http: Http; readonly paths: string[] } {
  const paths: string[] = [];
  const http: Http = async ({ path }) => {
    paths.push(decodeURIComponent(path));
    return bodies[Math.min(paths.length, bodies.length) - 1];
  };
  return { http, paths };
}

describe('readPages', () => {
  it.each([undefined, null, ''])('ends a list of entities at offset %j', async (offset) => {
    const { http, paths } = answering({ data: ['a'], offset: 'x' }, { data: ['b'], offset });

    await expect(readPages(http, { path: '/l', shape: entityPages(item) }, signal)).resolves.toEqual(['a', 'b']);
    expect(paths).toEqual(['/l?size=1000', '/l?size=1000&offset=x']);
  });

  it.each(['/v2/nodes?page[size]=1&page[after]=x', 'https://k.test/n?page%5Bafter%5D=x', 'x'])(
    'continues from a page of nodes whose next is %s',
    async (next) => {
      const { http, paths } = answering({ items: ['a'], page: { next } }, { items: ['b'], page: {} });

      await expect(readPages(http, { path: '/n', shape: nodePages(item) }, signal)).resolves.toEqual(['a', 'b']);
      expect(paths.at(-1)).toBe('/n?page[size]=100&page[after]=x');
    },
  );

  it('continues from a numbered page up to the total, whatever the page size', async () => {
    const pageOf = (number: number) => ({ data: [`p${number}`], meta: { page: { number, size: 1, total: 3 } } });
    const { http, paths } = answering(pageOf(1), pageOf(2), pageOf(3));

    const reading = readPages(http, { path: '/c', shape: numberedPages(item), query: { sort: 'x' } }, signal);

    await expect(reading).resolves.toEqual(['p1', 'p2', 'p3']);
    expect(paths).toEqual(['', '&page[number]=2', '&page[number]=3'].map((one) => `/c?page[size]=100&sort=x${one}`));
  });

  it('fm-54 ends at once where every numbered page is the first', async () => {
    const { http } = answering({ data: ['a'], meta: { page: { number: 1, size: 1, total: 3 } } });

    const reading = readPages(http, { path: '/c', shape: numberedPages(item) }, signal);

    await expect(reading).rejects.toThrow('has no end');
  });

  it.each([{}, { page: {} }, { page: { number: 1, size: 0, total: 3 } }])(
    'fm-02 never takes numbered pages with meta %j for the whole list',
    async (meta) => {
      const { http } = answering({ data: ['a'], meta });

      const reading = readPages(http, { path: '/c', shape: numberedPages(item) }, signal);

      await expect(reading).rejects.toMatchObject({ code: 'CONTROL_PLANE' });
    },
  );

  it.each([[{}], [{ data: null }], [{ data: [1] }], ['text'], [undefined]])(
    'fm-02 never takes %j for an empty list',
    async (body) => {
      const reading = readPages(answering(body).http, { path: '/l', shape: entityPages(item) }, signal);

      await expect(reading).rejects.toMatchObject({ code: 'CONTROL_PLANE' });
    },
  );

  it('names the undocumented part of an answer', async () => {
    const reading = readPages(answering({ data: ['a', 1] }).http, { path: '/l', shape: entityPages(item) }, signal);

    await expect(reading).rejects.toThrow(/GET \/l\?size=1000 .*\(data\.1: .*expected string/);
  });

  it.each([
    ['the page itself', ['a']],
    ['an earlier page', ['a', 'b', 'c', 'a']],
    ['two pages in turn', ['a', 'b', 'a']],
  ])('fm-54 ends at once, and names cause and fix, when the next page is %s', async (_, offsets) => {
    const { http, paths } = answering(...offsets.map((offset) => ({ data: ['x'], offset })), {
      data: ['x'],
      offset: 'a',
    });

    const reading = readPages(http, { path: '/l', shape: entityPages(item) }, signal);

    await expect(reading).rejects.toMatchObject({
      code: 'CONTROL_PLANE',
      reason: expect.stringContaining('names a next page that was read before'),
      fix: expect.stringContaining('no proxy or cache'),
    });
    expect(paths).toHaveLength(Math.max(2, offsets.length));
  });

  it.each([
    ['entities', entityPages(item), (offset: string) => ({ data: [], offset })],
    ['data planes', nodePages(item), (next: string) => ({ items: [], page: { next } })],
  ])('fm-54 ends a list of %s with endless new pages', async (_, shape, bodyOf) => {
    let pages = 0;
    const http: Http = async () => bodyOf(`page-${++pages}`);

    const reading = readPages(http, { path: '/l', shape: { ...shape, mostPages: 3 } }, signal);

    await expect(reading).rejects.toMatchObject({
      code: 'CONTROL_PLANE',
      reason: expect.stringContaining('it goes on after 3 pages'),
    });
    expect(pages).toBe(3);
  });

  it('fm-54 limits the time of a whole list, however slowly its pages arrive', async () => {
    jest.useFakeTimers();
    const http: Http = (_, own) =>
      new Promise((_resolve, reject) => own.addEventListener('abort', () => reject(own.reason)));
    const reading = readPages(http, { path: '/l', shape: entityPages(item) }, signal);
    const rejection = expect(reading).rejects.toMatchObject({
      code: 'TIMEOUT',
      reason: 'the list of GET /l was not complete after 300 s',
    });

    await jest.advanceTimersByTimeAsync(300_000);

    await rejection;
    jest.useRealTimers();
  });

  it('fm-54 reads a list with the largest allowed number of pages', async () => {
    const { http } = answering({ data: ['a'], offset: 'x' }, { data: ['b'], offset: 'y' }, { data: ['c'] });
    const shape = { ...entityPages(item), mostPages: 3 };

    await expect(readPages(http, { path: '/l', shape }, signal)).resolves.toEqual(['a', 'b', 'c']);
  });
});
