import { describe, expect, it } from '@jest/globals';
import { PrivatelinkError } from '#core/errors';
import type { PluginSchema } from '#sync/control-planes/backend';
import type { HttpCall } from '#sync/control-planes/kong-api/http';
import { createRelease } from '#sync/control-planes/konnect/release';
import type { Change } from '#sync/plan/changes';

const signal = new AbortController().signal;
const absent = new PrivatelinkError('no such plugin', { code: 'CONTROL_PLANE_UNKNOWN', fix: undefined });
const schema = { name: 'privatelink', lua: 'return {}' };
const entity = {
  kind: 'plugin',
  key: 'sd2|privatelink',
  domain: 'sd2',
  fields: { name: 'privatelink' },
  tags: [],
} as const;
const create: Change = { ...entity, action: 'create', id: '1', reason: 'test', after: entity };

/** A release on a control plane with these nodes. `calls` are the requests to it. */
function releaseOn(nodes: readonly object[], schemas: readonly PluginSchema[] = [schema], streamPlugins = false) {
  const calls: string[] = [];
  const http = async ({ method, path }: HttpCall) => {
    calls.push(`${method} ${path.split('?')[0]}`);
    if (method === 'GET' && path.includes('/custom-plugins/')) throw absent;
    return { items: path.includes('/nodes') ? nodes : [] };
  };
  const openPlane = async () => ({ http, id: 'id', path: '/cp', now: () => 100_000 });
  return { calls, release: createRelease({ openPlane, schemas, streamPlugins }) };
}

describe('a release', () => {
  it.each(['create', 'update'] as const)('uploads the schema, then looks at the nodes, for a %s', async (action) => {
    const { calls, release } = releaseOn([]);

    expect(await release([{ ...create, action }], signal)).toEqual([]);
    expect(calls).toEqual([
      'GET /cp/core-entities/plugin-schemas',
      'PUT /cp/core-entities/plugin-schemas/privatelink',
      'GET /cp/nodes',
    ]);
  });

  it.each([
    ['privatelink-zone', /KONG_UNTRUSTED_LUA=lax \(with strict, the default, no plugin can choose an upstream\)/],
    [
      'privatelink-callers',
      /KONG_UNTRUSTED_LUA=strict, the default, or lax \(.* without one of them it refuses every request: try it on one data plane\)/,
    ],
  ])(
    'names the needs of data planes that get %s from the control plane, before its first entity',
    async (name, needs) => {
      const { release } = releaseOn([], [{ name, lua: 'return {}', handler: 'return {}' }], true);
      const after = { ...entity, fields: { name } };

      expect(await release([{ ...create, after }], signal)).toEqual([expect.stringMatching(needs)]);
    },
  );

  it.each<[string, Change]>([
    ['creates of another plugin', { ...create, after: { ...entity, fields: { name: 'acl' } } }],
    ['deletes', { ...create, action: 'delete', after: undefined }],
  ])('makes no call for %s', async (_, change) => {
    const { calls, release } = releaseOn([]);

    expect(await release([change], signal)).toEqual([]);
    expect(calls).toEqual([]);
  });

  it.each([
    [
      'incompatible',
      { hostname: 'a', version: '3.4', compatibility_status: { state: 'COMPATIBILITY_STATE_INCOMPATIBLE' } },
      /a \(3\.4\) is COMPATIBILITY_STATE_INCOMPATIBLE/,
    ],
    ['without a state', {}, /without name \(version unknown\) is of unknown compatibility/],
  ])('warns of a connected node that is %s', async (_, node, message) => {
    const { release } = releaseOn([{ ...node, last_ping: 100 }]);

    expect(await release([create], signal)).toEqual([expect.stringMatching(message)]);
  });

  it.each([
    ['is compatible', { last_ping: 100, compatibility_status: { state: 'COMPATIBILITY_STATE_FULLY_COMPATIBLE' } }],
    ['has not pinged recently', { last_ping: 1 }],
  ])('does not warn of a node that %s', async (_, node) => {
    expect(await releaseOn([node]).release([create], signal)).toEqual([]);
  });

  it('warns instead of failing when Konnect does not answer', async () => {
    const openPlane = async () => {
      throw new PrivatelinkError('no answer', { code: 'UNREACHABLE', fix: undefined });
    };
    const release = createRelease({ openPlane, schemas: [schema] });

    expect(await release([create], signal)).toEqual([expect.stringContaining('no answer')]);
  });

  it('ends with the reason of the signal', async () => {
    const openPlane = async () => {
      throw new Error('network');
    };
    const release = createRelease({ openPlane, schemas: [schema] });

    await expect(release([create], AbortSignal.abort(new Error('stopped')))).rejects.toThrow('stopped');
  });
});
