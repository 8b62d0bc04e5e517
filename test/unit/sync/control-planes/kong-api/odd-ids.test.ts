import { describe, expect, it } from '@jest/globals';
import { itemSchema } from '#deck/held';
import { selectTags } from '#deck/tags';
import { readHeld } from '#sync/control-planes/admin/read';
import { readDependants } from '#sync/control-planes/kong-api/dependants';
import type { Http } from '#sync/control-planes/kong-api/http';
import { resolveControlPlane } from '#sync/control-planes/konnect/plane-id';
import { readSchema, uploadSchema } from '#sync/control-planes/konnect/plugin-schema';

const signal = new AbortController().signal;
const oddId = 'u/../plugins?size=1';
const encoded = 'u%2F..%2Fplugins%3Fsize%3D1';

/** Answers each list with these items, and records the requested paths. */
function answering(items: readonly object[]): { readonly http: Http; readonly paths: string[] } {
  const paths: string[] = [];
  const http: Http = async ({ path }) => {
    paths.push(path.replace(/\?.*/, ''));
    return { data: items, items };
  };
  return { http, paths };
}

describe('fm-54 an id of an answer that looks like a path', () => {
  it('stays one segment when the targets of an upstream are read', async () => {
    const { http, paths } = answering([{ id: oddId, name: 'sd2', tags: selectTags('test') }]);

    await readHeld({ http, base: '', owner: 'test', concurrency: 1 }, signal);

    expect(paths).toContain(`/upstreams/${encoded}/targets`);
  });

  it('stays one segment when the dependants of an entity are read', async () => {
    const { http, paths } = answering([]);
    const leaving = { kind: 'service', key: 'sd2', domain: 'sd2', id: oddId, fields: {}, tags: [] } as const;

    await readDependants({ http, base: '' }, [leaving], signal);

    expect(paths).toEqual([`/services/${encoded}/routes`, `/services/${encoded}/plugins`]);
  });

  it('stays one segment when a plugin schema is written', async () => {
    const { http, paths } = answering([]);
    const plane = { http, id: 'p', path: '/p', now: () => 0 };

    await uploadSchema(plane, { name: 'a/b', lua: 'x' }, signal);
    await readSchema(plane, 'a/b', signal);

    expect(paths[1]).toBe('/p/core-entities/plugin-schemas/a%2Fb');
  });

  it.each(['constructor', 'toString', '__proto__'])('is harmless as a cluster type: %s', async (type) => {
    const http: Http = async () => ({ data: [{ id: 'p-1', name: 'prod', config: { cluster_type: type } }] });

    expect(await resolveControlPlane(http, 'prod', signal)).toBe('p-1');
  });

  it.each(['', '.', '..', '\ud800'])('is refused as an id of an entity or a control plane: %j', async (id) => {
    const { http } = answering([{ id, name: 'prod' }]);

    expect(itemSchema.safeParse({ id }).success).toBe(false);
    await expect(resolveControlPlane(http, 'prod', signal)).rejects.toMatchObject({ code: 'CONTROL_PLANE' });
  });
});
