import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { JsonObject } from '../../core/model';
import type { Document } from '../../deck/document';
import { type KongAdminOptions, startKongAdmin } from '../../sandbox/kong-admin/kong-admin';
import type { Fault } from '../../sandbox/konnect/faults';
import type { KindPath } from '../../sandbox/konnect/schemas';
import type { StoredEntity } from '../../sandbox/konnect/table';
import { connectAdmin } from '../../sync/admin/control-plane';
import { applyChanges } from '../../sync/apply';
import type { Change } from '../../sync/changes';
import type { ControlPlane, HeldEntity } from '../../sync/control-plane';
import { connectDbless } from '../../sync/dbless/control-plane';
import { connectFile } from '../../sync/file/control-plane';
import { makePlan } from '../../sync/plan';
import { documentOf, owner, signal, startStage, token } from '../support/konnect';
import { createFakeClock } from '../support/passes';

type Over = { readonly token?: string; readonly address?: string; readonly timeoutMs?: number };

/** A control plane that others use too; absent parts: the backend has no such thing. */
type Backend = {
  readonly plane: ControlPlane;
  /** Makes the next write fail for good. */
  readonly failWrite: () => unknown;
  readonly server?: {
    readonly seed: (kind: KindPath, body: JsonObject) => StoredEntity;
    readonly entities: (kind: KindPath) => readonly StoredEntity[];
    readonly inject: (fault: Fault) => void;
    readonly connect: (over: Over) => ControlPlane;
  };
  readonly stop: () => Promise<unknown>;
};

let folder: string;
let path: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'backends-'));
  path = join(folder, 'kong.yaml');
});

afterEach(() => rm(folder, { recursive: true }));

const random = () => 0;
/** For the test of an answer that never comes. */
const impatientMs = 300;

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

const starts: Readonly<Record<string, () => Promise<Backend>>> = {
  konnect: startKonnectBackend,
  admin: () => startKong('admin', {}),
  'admin in a workspace': () => startKong('admin', { workspaces: ['team a'] }, 'team a'),
  dbless: () => startKong('dbless', { hasDatabase: false }),
  file: async () => ({
    plane: connectFile({ path }, owner),
    failWrite: () => mkdir(path),
    stop: async () => undefined,
  }),
};

describe.each(Object.entries(starts))('backend %s', (_, start) => {
  let backend: Backend;

  beforeEach(async () => {
    backend = await start();
  });

  afterEach(() => backend.stop());

  it('fm-16 plans nothing after it applied, the defaults of the control plane included', async () => {
    const desired = documentOf('sd2', 2);

    const results = await apply(backend.plane, desired);

    expect(results.map((one) => one.outcome)).toEqual(desired.map(() => 'applied'));
    expect(await planFor(backend.plane, desired)).toEqual([]);
  });

  it('deletes what it created, and leaves the rest', async () => {
    const desired = documentOf('sd2', 2);
    await apply(backend.plane, desired);
    const [last] = (await backend.plane.read(signal)).filter((one) => one.kind === 'target').slice(-1);
    if (!last) throw new Error('no target was written');

    await applyAll(backend.plane, [await deletionOf(last, backend)]);

    const held = await backend.plane.read(signal);
    expect(held.map((one) => one.key)).not.toContain(last.key);
    expect(held).toHaveLength(desired.length - 1);
  });

  it('fm-13 takes the new address of a recreated endpoint, and then lets the old one go', async () => {
    await apply(backend.plane, documentOf('sd2', 1));
    const [old] = (await backend.plane.read(signal)).filter((one) => one.kind === 'target');
    if (!old) throw new Error('no target was written');
    const recreated = documentOf('sd2', 2).filter(({ key }) => key !== old.key);

    const creates = await planFor(backend.plane, recreated);
    const results = await applyAll(backend.plane, [...creates, await deletionOf(old, backend)]);

    expect(results.map((one) => [one.change.action, one.outcome])).toEqual([
      ['create', 'applied'],
      ['delete', 'applied'],
    ]);
    expect(await planFor(backend.plane, recreated)).toEqual([]);
    expect((await backend.plane.read(signal)).map((one) => one.key)).not.toContain(old.key);
  });

  it('updates what somebody changed', async () => {
    await apply(backend.plane, documentOf('sd2', 1));
    const desired = documentOf('sd2', 1).map((one) =>
      one.kind === 'target' ? { ...one, fields: { ...one.fields, weight: 7 } } : one,
    );

    const results = await apply(backend.plane, desired);

    expect(results.map((one) => [one.change.action, one.change.kind, one.outcome])).toEqual([
      ['update', 'target', 'applied'],
    ]);
    expect(await planFor(backend.plane, desired)).toEqual([]);
  });

  it('fm-28 counts a write that fails as failed, and goes on from there', async () => {
    const desired = documentOf('sd2', 1);
    const changes = await planFor(backend.plane, desired);
    await backend.failWrite();

    const results = await applyAll(backend.plane, changes);

    const [failed] = results.filter((one) => one.outcome === 'failed');
    expect(failed?.error).toMatch(/correct what it names|make controlPlane.path/);
    expect(results).toHaveLength(changes.length);
    await rm(path, { recursive: true, force: true });
    await apply(backend.plane, desired);
    expect(await planFor(backend.plane, desired)).toEqual([]);
  });

  it('writes nothing when it is stopped before', async () => {
    const changes = await planFor(backend.plane, documentOf('sd2', 1));

    const stopped = applyAll(backend.plane, changes, AbortSignal.abort(new Error('stopped'))).catch(() => []);

    expect((await stopped).filter((one) => one.outcome === 'applied')).toEqual([]);
    expect(await backend.plane.read(signal)).toEqual([]);
  });
});

const served = Object.entries(starts).filter(([name]) => name !== 'file');

describe.each(served)('backend %s, which others use too', (_, start) => {
  let backend: Backend;
  let server: NonNullable<Backend['server']>;

  beforeEach(async () => {
    backend = await start();
    if (!backend.server) throw new Error('a backend without a server');
    server = backend.server;
  });

  afterEach(() => backend.stop());

  it("reports somebody else's entity of the same name, and leaves it", async () => {
    const theirs = server.seed('services', { name: 'sd2', host: 'theirs.example', tags: ['theirs'] });
    const desired = documentOf('sd2', 1);

    const results = await apply(backend.plane, desired);

    const failed = results.find((one) => one.change.kind === 'service');
    expect(failed).toMatchObject({ outcome: 'failed' });
    expect(failed?.error).toContain("service sd2 exists already without this owner's tags");
    expect(results.find((one) => one.change.kind === 'route')).toMatchObject({ outcome: 'skipped' });
    expect(content(server.entities('services'))).toEqual(content([theirs]));
    expect(server.entities('upstreams').map((one) => one.name)).toEqual(['sd2.privatelink']);
  });

  it('keeps the entities of others as they are', async () => {
    const service = server.seed('services', { name: 'theirs', host: 'theirs.example', retries: 1 });
    server.seed('routes', { name: 'theirs', paths: ['/theirs'], protocols: ['http'], service: { id: service.id } });
    server.seed('plugins', { name: 'key-auth', service: { id: service.id } });
    server.seed('consumers', { username: 'somebody' });
    const upstream = server.seed('upstreams', { name: 'theirs', tags: ['owner:other', 'kong-privatelink'] });
    server.seed('targets', { target: '10.9.9.9:80', upstream: { id: upstream.id } });
    const kinds = ['services', 'routes', 'plugins', 'consumers', 'upstreams', 'targets'] as const;
    const before = kinds.map((kind) => content(server.entities(kind)));

    await apply(backend.plane, documentOf('sd2', 1));
    const ours = [...(await backend.plane.read(signal))];
    const order = ['route', 'plugin', 'service', 'target', 'upstream'];
    ours.sort((a, b) => order.indexOf(a.kind) - order.indexOf(b.kind));
    await applyAll(backend.plane, await Promise.all(ours.map((one) => deletionOf(one, backend))));

    expect(await backend.plane.read(signal)).toEqual([]);
    expect(kinds.map((kind) => content(server.entities(kind)))).toEqual(before);
  });

  it('refuses a wrong token with the fix', async () => {
    const denied = server.connect({ token: 'kpat_wrong' });

    await expect(denied.read(signal)).rejects.toMatchObject({
      code: 'CONTROL_PLANE_AUTH',
      message: expect.stringContaining('controlPlane.token'),
    });
  });

  it('says where it got no answer', async () => {
    const gone = server.connect({ address: 'http://127.0.0.1:1' });

    await expect(gone.read(signal)).rejects.toMatchObject({
      code: 'UNREACHABLE',
      message: expect.stringContaining('controlPlane.address'),
    });
  });

  it('gives up on an answer that never comes', async () => {
    server.inject({ kind: 'hang', times: 100 });

    const impatient = server.connect({ timeoutMs: impatientMs });

    await expect(impatient.read(signal)).rejects.toMatchObject({ code: 'TIMEOUT' });
  });

  it('stops reading when it is told to', async () => {
    const stopped = AbortSignal.abort(new Error('stopped'));

    await expect(backend.plane.read(stopped)).rejects.toThrow('stopped');
  });

  it('fm-08 reads all pages', async () => {
    for (let index = 0; index < 1_001; index += 1) server.seed('services', { name: `s${index}`, host: 'x.example' });
    server.seed('services', { name: 'sd2', host: 'theirs.example' });

    const [failed] = (await apply(backend.plane, documentOf('sd2', 0))).filter((one) => one.outcome === 'failed');

    expect(failed?.error).toContain('service sd2 exists already');
  });
});

describe('admin', () => {
  it.each([
    ['a workspace that is not there', { workspace: 'nowhere' }, {}, 'controlPlane.workspace exists'],
    ['a Kong without a database', {}, { hasDatabase: false }, 'use controlPlane.type dbless'],
  ])('says what to do about %s', async (_, over, options, said) => {
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

  it('takes a target for written whose first answer was lost', async () => {
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
  it('posts nothing when the result is what runs', async () => {
    const kong = await startKongAdmin({ hasDatabase: false });
    const plane = connectDbless({ type: 'dbless', address: kong.url }, owner);
    const [target] = documentOf('sd2', 1).filter((one) => one.kind === 'target');
    if (!target) throw new Error('no target');

    await applyAll(plane, [{ ...target, action: 'delete', id: 'gone', reason: 'gone' }]);

    expect(kong.calls.filter((call) => call.method === 'POST')).toEqual([]);
    await kong.close();
  });

  it('names the entity that Kong refuses, and leaves what runs', async () => {
    const kong = await startKongAdmin({ hasDatabase: false });
    const plane = connectDbless({ type: 'dbless', address: kong.url }, owner);
    const desired = documentOf('sd2', 1).map((one) =>
      one.kind === 'route' ? { ...one, fields: { ...one.fields, paths: ['sd2'] } } : one,
    );

    const results = await apply(plane, desired);

    expect(new Set(results.map((one) => one.outcome))).toEqual(new Set(['failed']));
    expect(results[0]?.error).toContain('route sd2: ');
    expect(kong.entities('upstreams')).toEqual([]);
    await kong.close();
  });

  it('says what to do about a Kong with a database', async () => {
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

/** What an entity says, without the times that the server keeps. */
function content(entities: readonly StoredEntity[]): readonly JsonObject[] {
  const texts = entities.map(({ created_at: _created, updated_at: _updated, ...one }) => one);
  return texts.sort((a, b) => (a.id < b.id ? -1 : 1));
}

async function deletionOf(held: HeldEntity, { plane }: Backend): Promise<Change> {
  const parent = (await plane.read(signal)).find((one) => one.key === held.parent && one.kind !== 'route');
  return { ...held, action: 'delete', reason: 'gone', parentId: parent?.id, isConfirmed: true };
}

async function planFor(plane: ControlPlane, desired: Document): Promise<readonly Change[]> {
  return planOf(desired, await plane.read(signal));
}

function planOf(desired: Document, held: Awaited<ReturnType<ControlPlane['read']>>): readonly Change[] {
  const policy = { mode: 'sync', maxRemovePercent: 30, removeAfterAbsences: 3, removeAfterSeconds: 180 } as const;
  const evidence = () => ({ is: 'uncertain', reason: 'nothing was read' }) as const;
  return makePlan({ desired, held, settings: {}, evidence, policy, absences: {}, allScopesAnswered: true, nowMs: 0 })
    .changes;
}

async function apply(plane: ControlPlane, desired: Document) {
  return applyAll(plane, await planFor(plane, desired));
}

async function writeAgain(plane: ControlPlane, desired: Document) {
  return applyAll(plane, planOf(desired, []));
}

async function applyAll(controlPlane: ControlPlane, changes: readonly Change[], stop = signal) {
  const clock = createFakeClock(0);
  return (await applyChanges(changes, { controlPlane, clock, concurrency: 4, signal: stop })).results;
}
