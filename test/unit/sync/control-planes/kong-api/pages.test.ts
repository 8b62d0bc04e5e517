import { describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import type { Http } from '#sync/control-planes/kong-api/http';
import { entityPages, nodePages, readPages } from '#sync/control-planes/kong-api/pages';

const signal = new AbortController().signal;
const item = z.string();

/** Answers with the bodies in turn, the last one for ever, and keeps the paths asked for. */
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
    'goes on from a page of nodes whose next is %s',
    async (next) => {
      const { http, paths } = answering({ items: ['a'], page: { next } }, { items: ['b'], page: {} });

      await expect(readPages(http, { path: '/n', shape: nodePages(item) }, signal)).resolves.toEqual(['a', 'b']);
      expect(paths.at(-1)).toBe('/n?page[size]=100&page[after]=x');
    },
  );

  it.each([[{}], [{ data: null }], [{ data: [1] }], ['text'], [undefined]])(
    'fm-02 never takes %j for an empty list',
    async (body) => {
      const reading = readPages(answering(body).http, { path: '/l', shape: entityPages(item) }, signal);

      await expect(reading).rejects.toMatchObject({ code: 'CONTROL_PLANE' });
    },
  );

  it('says where the answer is not as documented', async () => {
    const reading = readPages(answering({ data: ['a', 1] }).http, { path: '/l', shape: entityPages(item) }, signal);

    await expect(reading).rejects.toThrow(/GET \/l\?size=1000 .*\(data\.1: .*expected string/);
  });

  it('ends when the next page is the page itself', async () => {
    const reading = readPages(
      answering({ data: ['a'], offset: 'x' }).http,
      { path: '/l', shape: entityPages(item) },
      signal,
    );

    await expect(reading).rejects.toMatchObject({ code: 'CONTROL_PLANE' });
  });
});
