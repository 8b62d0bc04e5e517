import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { PrivatelinkError } from '#core/errors';
import type { Document } from '#deck/document';
import { emptyBase } from '#deck/file/base';
import { type KongAdminOptions, startKongAdmin } from '#sandbox/kong-admin/kong-admin';
import { connectAdmin } from '#sync/control-planes/admin/control-plane';
import { bindBackend } from '#sync/control-planes/backend';
import { backends } from '#sync/control-planes/backends';
import type { ControlPlane } from '#sync/control-planes/control-plane';
import { connectDbless } from '#sync/control-planes/dbless/control-plane';
import { connectFile } from '#sync/control-planes/deck-file/control-plane';
import {
  apply,
  applyAll,
  type Backend,
  describeBackend,
  describeServedBackend,
  type Over,
  planOf,
} from '../../support/control-planes/contract';
import { fictionalBackend } from '../../support/control-planes/fictional/backend';
import { documentOf, owner, signal, startStage, token } from '../../support/control-planes/konnect';
import { createMemoryControlPlane } from '../../support/control-planes/memory';
import { createFakeClock } from '../../support/passes';

let folder: string;
let path: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'backends-'));
  path = join(folder, 'kong.yaml');
});

afterEach(() => rm(folder, { recursive: true }));

const random = () => 0;

async function startKonnectBackend(): Promise<Backend> {
  const { konnect, connect } = await startStage();
  return {
    plane: connect({}, { random }),
    failWrite: () => konnect.inject({ kind: 'status', status: 400, method: 'PUT' }),
    server: {
      seed: (kind, body) => konnect.seed('prod', kind, body),
      entities: (kind) => konnect.entities('prod', kind),
      inject: konnect.inject,
      connect: ({ timeoutMs, ...over }) => connect(over, { random, timeoutMs }),
    },
    stop: konnect.close,
  };
}

async function startKong(type: 'admin' | 'dbless', options: KongAdminOptions, workspace = 'default'): Promise<Backend> {
  const kong = await startKongAdmin({ token, ...options });
  const clock = createFakeClock(0);
  const connect = ({ timeoutMs, ...over }: Over) => {
    const reached = { address: kong.url, token, ...over };
    const timing = { random, clock, timeoutMs };
    return type === 'admin'
      ? connectAdmin({ type, workspace, concurrency: 4, ...reached }, owner, timing)
      : connectDbless({ type, ...reached }, owner, timing);
  };
  return {
    plane: connect({}),
    failWrite: () => kong.inject({ kind: 'status', status: 400, method: type === 'admin' ? 'PUT' : 'POST' }),
    server: {
      seed: (kind, body) => kong.seed(kind, body, workspace),
      entities: (kind) => kong.entities(kind, workspace),
      inject: kong.inject,
      connect,
    },
    stop: kong.close,
  };
}

/** The product's table, with one more row. */
const extended = { ...backends, fictional: fictionalBackend };

async function startFictional(): Promise<Backend> {
  const memory = createMemoryControlPlane(owner);
  const config = { type: 'fictional', shelf: 'top', key: 'test-token', memory } as const;
  const refused = new PrivatelinkError('the shelf is full', { code: 'CONTROL_PLANE', fix: 'correct what it names' });
  return {
    plane: bindBackend(extended.fictional, config).connect(owner, { base: emptyBase, env: {} }),
    failWrite: () => {
      memory.failWith = () => refused;
    },
    mend: async () => {
      memory.failWith = () => undefined;
    },
    stop: async () => undefined,
  };
}

/** Servers that other tests use too. */
const served: Readonly<Record<string, () => Promise<Backend>>> = {
  konnect: startKonnectBackend,
  admin: () => startKong('admin', {}),
  'admin in a workspace': () => startKong('admin', { workspaces: ['team a'] }, 'team a'),
  dbless: () => startKong('dbless', { hasDatabase: false }),
};

const unshared: typeof served = {
  file: async () => ({
    plane: connectFile({ path }, owner),
    failWrite: () => mkdir(path),
    mend: () => rm(path, { recursive: true }),
    stop: async () => undefined,
  }),
  fictional: startFictional,
};

for (const [name, start] of Object.entries({ ...served, ...unshared })) describeBackend(name, start);
for (const [name, start] of Object.entries(served)) describeServedBackend(name, start);

describe('admin', () => {
  it.each([
    ['a missing workspace', { workspace: 'nowhere' }, {}, 'controlPlane.workspace exists'],
    ['a Kong without a database', {}, { hasDatabase: false }, 'use controlPlane.type dbless'],
  ])('names the fix for %s', async (_, over, options, said) => {
    const kong = await startKongAdmin(options);
    const config = { type: 'admin', address: kong.url, workspace: 'default', concurrency: 4, ...over } as const;
    const plane = connectAdmin(config, owner);

    const attempt = plane.read(signal).then(async () => {
      const [failed] = await apply(plane, documentOf('sd2', 1));
      throw new Error(failed?.error);
    });

    await expect(attempt).rejects.toThrow(said);
    await kong.close();
  });

  it('accepts a target as written when only the first answer was lost', async () => {
    const kong = await startKongAdmin();
    const config = { type: 'admin', address: kong.url, workspace: 'default', concurrency: 4 } as const;
    const plane = connectAdmin(config, owner, { clock: createFakeClock(0) });
    kong.inject({ kind: 'drop', when: 'after', method: 'POST', path: /targets$/ });

    const results = await apply(plane, documentOf('sd2', 1));

    expect(results.filter((one) => one.outcome !== 'applied')).toEqual([]);
    expect(kong.entities('targets')).toHaveLength(1);
    await kong.close();
  });
});

describe('dbless', () => {
  it('posts nothing when Kong already runs the result', async () => {
    const kong = await startKongAdmin({ hasDatabase: false });
    const plane = connectDbless({ type: 'dbless', address: kong.url }, owner);
    const [target] = documentOf('sd2', 1).filter((one) => one.kind === 'target');
    if (!target) throw new Error('no target');

    await applyAll(plane, [{ ...target, action: 'delete', id: 'gone', reason: 'gone' }]);

    expect(kong.calls.filter((call) => call.method === 'POST')).toEqual([]);
    await kong.close();
  });

  it.each([
    ['route', { paths: ['sd2'] }, [['route', 'REJECTED', 'route sd2: ']]],
    [
      'upstream',
      { algorithm: 'none' },
      [
        ['upstream', 'REJECTED', 'upstream sd2.privatelink: '],
        ['target', 'CONTROL_PLANE', 'its upstream sd2.privatelink could not be written'],
        ['service', 'CONTROL_PLANE', 'its upstream sd2.privatelink could not be written'],
        ['plugin', 'CONTROL_PLANE', 'its service sd2 could not be written'],
        ['route', 'CONTROL_PLANE', 'its service sd2 could not be written'],
      ],
    ],
  ])('fm-11 leaves out a %s that Kong refuses, and writes the rest', async (kind, fields, expected) => {
    const kong = await startKongAdmin({ hasDatabase: false });
    const plane = connectDbless({ type: 'dbless', address: kong.url }, owner);
    const bad = documentOf('sd2', 1).map((one) =>
      one.kind === kind ? { ...one, fields: { ...one.fields, ...fields } } : one,
    );
    const desired = [...bad, ...documentOf('sd3', 1)];

    const results = await apply(plane, desired);

    const failed = results.filter((one) => one.outcome !== 'applied');
    expect(failed.map(({ change, code }) => [change.kind, code])).toEqual(expected.map(([of, code]) => [of, code]));
    for (const [index, [, , said]] of expected.entries()) expect(failed[index]?.error).toContain(said);
    expect((await plane.read(signal)).map((one) => one.key).sort()).toEqual(
      results
        .filter((one) => one.outcome === 'applied')
        .map(({ change }) => change.key)
        .sort(),
    );
    expect(kong.calls.filter((call) => call.method === 'POST')).toHaveLength(2);
    await kong.close();
  });

  it('says why Kong refuses a foreign entity, and changes nothing', async () => {
    const kong = await startKongAdmin({ hasDatabase: false });
    const plane = connectDbless({ type: 'dbless', address: kong.url }, owner);
    await apply(plane, documentOf('sd2', 1));
    const held = await plane.read(signal);
    const [service] = held.filter((one) => one.kind === 'service');
    if (!service) throw new Error('no service was written');
    kong.seed('routes', { name: 'theirs', paths: ['/theirs'], service: { id: service.id } });

    const results = await applyAll(plane, [{ ...service, action: 'delete', reason: 'retired', isConfirmed: true }]);

    expect(results).toMatchObject([{ outcome: 'failed', error: expect.stringContaining('route theirs: ') }]);
    expect(await plane.read(signal)).toEqual(held);
    await kong.close();
  });

  it('names the fix for a Kong with a database', async () => {
    const kong = await startKongAdmin();
    const plane = connectDbless({ type: 'dbless', address: kong.url }, owner);

    await expect(plane.read(signal)).rejects.toThrow('use controlPlane.type admin');
    await kong.close();
  });
});

describe('file', () => {
  it('leaves the file alone when nothing differs', async () => {
    const plane = connectFile({ path }, owner);
    await apply(plane, documentOf('sd2', 1));
    const before = await stat(path);

    await writeAgain(plane, documentOf('sd2', 1));

    expect((await stat(path)).ino).toBe(before.ino);
    expect(await readdir(folder)).toEqual(['kong.yaml']);
  });

  it.each([
    ['no YAML', 'services: [', 'kong.yaml'],
    ['an unknown key', '_format_version: "3.0"\n_info: {select_tags: []}\nvaults: [{ prefix: x }]\n', 'vaults'],
    [
      'an entity without our tags',
      '_format_version: "3.0"\n_info: {select_tags: []}\nservices: [{name: sd2, tags: [theirs]}]\n',
      'service sd2 lacks the tags',
    ],
  ])('refuses a file with %s, and keeps it', async (_, text, said) => {
    await writeFile(path, text);
    const plane = connectFile({ path }, owner);

    await expect(plane.read(signal)).rejects.toThrow(said);
    await expect(apply(plane, documentOf('sd2', 1))).rejects.toThrow('controlPlane.path');
    expect(await readFile(path, 'utf8')).toBe(text);
  });
});

async function writeAgain(plane: ControlPlane, desired: Document) {
  return applyAll(plane, planOf(desired, []));
}
