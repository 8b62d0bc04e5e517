import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { JsonObject } from '#core/model';
import type { Document, HeldEntity } from '#deck/document';
import type { Fault } from '#sandbox/konnect/faults';
import type { KindPath } from '#sandbox/konnect/schemas';
import type { StoredEntity } from '#sandbox/konnect/table';
import { applyChanges } from '#sync/control-planes/apply';
import type { ControlPlane } from '#sync/control-planes/control-plane';
import type { Change } from '#sync/plan/changes';
import { makePlan } from '#sync/plan/plan';
import { createFakeClock } from '../passes';
import { documentOf, signal } from './konnect';

export type Over = { readonly token?: string; readonly address?: string; readonly timeoutMs?: number };

/** A control plane that others use too; absent parts: the backend has no such thing. */
export type Backend = {
  readonly plane: ControlPlane;
  /** Makes the next write fail for good. */
  readonly failWrite: () => unknown;
  /** Undoes it where it does not pass by itself. */
  readonly mend?: () => Promise<unknown>;
  readonly server?: {
    readonly seed: (kind: KindPath, body: JsonObject) => StoredEntity;
    readonly entities: (kind: KindPath) => readonly StoredEntity[];
    readonly inject: (fault: Fault) => void;
    readonly connect: (over: Over) => ControlPlane;
  };
  readonly stop: () => Promise<unknown>;
};

/** For the test of an answer that never comes. */
const impatientMs = 300;

/** What every backend does. */
export function describeBackend(name: string, start: () => Promise<Backend>): void {
  describe(`backend ${name}`, () => {
    let backend: Backend;

    beforeEach(async () => {
      backend = await start();
    });

    afterEach(() => backend.stop());

    it('fm-16 plans nothing after its writes, despite the defaults of the control plane', async () => {
      const desired = documentOf('sd2', 2);

      const results = await apply(backend.plane, desired);

      expect(results.map((one) => one.outcome)).toEqual(desired.map(() => 'applied'));
      expect(await planFor(backend.plane, desired)).toEqual([]);
    });

    it('deletes one of its own entities, and leaves the rest', async () => {
      const desired = documentOf('sd2', 2);
      await apply(backend.plane, desired);
      const [last] = (await backend.plane.read(signal)).filter((one) => one.kind === 'target').slice(-1);
      if (!last) throw new Error('no target was written');

      await applyAll(backend.plane, [await deletionOf(last, backend)]);

      const held = await backend.plane.read(signal);
      expect(held.map((one) => one.key)).not.toContain(last.key);
      expect(held).toHaveLength(desired.length - 1);
    });

    it('fm-13 adds the new address of a recreated endpoint before it removes the old address', async () => {
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

    it('updates a changed target', async () => {
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

    it('fm-28 reports a failed write as failed, and completes it in the next pass', async () => {
      const desired = documentOf('sd2', 1);
      const changes = await planFor(backend.plane, desired);
      await backend.failWrite();

      const results = await applyAll(backend.plane, changes);

      const [failed] = results.filter((one) => one.outcome === 'failed');
      expect(failed?.error).toMatch(/; \w/);
      expect(results).toHaveLength(changes.length);
      await backend.mend?.();
      await apply(backend.plane, desired);
      expect(await planFor(backend.plane, desired)).toEqual([]);
    });

    it('writes nothing after a stop', async () => {
      const changes = await planFor(backend.plane, documentOf('sd2', 1));

      const stopped = applyAll(backend.plane, changes, AbortSignal.abort(new Error('stopped'))).catch(() => []);

      expect((await stopped).filter((one) => one.outcome === 'applied')).toEqual([]);
      expect(await backend.plane.read(signal)).toEqual([]);
    });
  });
}

/** What a backend does besides where a server is behind it. */
export function describeServedBackend(name: string, start: () => Promise<Backend>): void {
  describe(`backend ${name} on a shared control plane`, () => {
    let backend: Backend;
    let server: NonNullable<Backend['server']>;

    beforeEach(async () => {
      backend = await start();
      if (!backend.server) throw new Error('a backend without a server');
      server = backend.server;
    });

    afterEach(() => backend.stop());

    it('reports a foreign entity with the same name, and does not change it', async () => {
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

    it('names the other owner of an entity with the same name', async () => {
      server.seed('services', { name: 'sd2', host: 'theirs.example', tags: ['kong-privatelink', 'owner:team-b'] });

      const results = await apply(backend.plane, documentOf('sd2', 1));

      expect(results.find((one) => one.change.kind === 'service')?.error).toContain('belongs to owner team-b');
    });

    /** A route that people wrote, on a service of theirs. */
    function seedTheirs(over: JsonObject): StoredEntity {
      const service = server.seed('services', { name: 'theirs', host: 'theirs.example' });
      return server.seed('routes', { name: 'theirs', protocols: ['http'], service: { id: service.id }, ...over });
    }

    it.each([['/sd2'], ['~/sd2$', '/sd2/']])('fm-47 takes no path from a foreign route: %s', async (...paths) => {
      seedTheirs({ paths });

      const results = await apply(backend.plane, documentOf('sd2', 1));

      const [route, ...others] = results.filter((one) => one.outcome !== 'applied');
      expect(others).toEqual([]);
      expect(route).toMatchObject({ change: { kind: 'route' }, outcome: 'failed' });
      expect(route?.error).toContain('route sd2 would take /sd2 from route theirs, which lacks');
      expect(server.entities('routes')).toMatchObject([{ name: 'theirs', paths }]);
    });

    it('fm-47 takes no path from a foreign route when it bounds its own route', async () => {
      await apply(backend.plane, documentOf('sd2', 1));
      const [ours] = server.entities('routes');
      server.seed('routes', { ...ours, paths: ['/sd2'] });
      seedTheirs({ paths: ['/sd2'] });

      const results = await apply(backend.plane, documentOf('sd2', 1));

      expect(results).toMatchObject([{ change: { action: 'update', kind: 'route' }, outcome: 'failed' }]);
      expect(server.entities('routes').map((one) => one.paths)).toEqual([['/sd2'], ['/sd2']]);
    });

    it.each([
      ['matches some hosts only', { paths: ['/sd2'], hosts: ['sd2.example'] }],
      ['has a longer path with the same beginning', { paths: ['/sd22'] }],
      ['has the path /', { paths: ['/'] }],
    ])('fm-47 creates its route beside a foreign route that %s', async (_, over) => {
      seedTheirs(over);

      const results = await apply(backend.plane, documentOf('sd2', 1));

      expect(results.filter((one) => one.outcome !== 'applied')).toEqual([]);
    });

    it('does not change entities of others', async () => {
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

    it('reports a wrong token with its setting', async () => {
      const denied = server.connect({ token: 'kpat_wrong' });

      await expect(denied.read(signal)).rejects.toMatchObject({
        code: 'CONTROL_PLANE_AUTH',
        message: expect.stringContaining('controlPlane.token'),
      });
    });

    it('reports an unreachable address with its setting', async () => {
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

    it('does not read after a stop', async () => {
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
}

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

export function planOf(desired: Document, held: Awaited<ReturnType<ControlPlane['read']>>): readonly Change[] {
  const policy = { mode: 'sync', maxRemovePercent: 30, removeAfterAbsences: 3, removeAfterSeconds: 180 } as const;
  const evidence = () => ({ is: 'uncertain', reason: 'nothing was read' }) as const;
  return makePlan({
    desired,
    held,
    settings: {},
    evidence,
    policy,
    absences: {},
    allScopesAnswered: true,
    elapsedMs: 0,
  }).changes;
}

export async function apply(plane: ControlPlane, desired: Document) {
  return applyAll(plane, await planFor(plane, desired));
}

export async function applyAll(controlPlane: ControlPlane, changes: readonly Change[], stop = signal) {
  const clock = createFakeClock(0);
  return (await applyChanges(changes, { controlPlane, clock, concurrency: 4, signal: stop })).results;
}
