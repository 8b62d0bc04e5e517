import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { JsonObject } from '#core/model';
import { startKongAdmin } from '#sandbox/kong-admin/kong-admin';
import { startKonnect } from '#sandbox/konnect/konnect';
import type { KindPath } from '#sandbox/konnect/schemas';
import type { StoredEntity } from '#sandbox/konnect/table';
import { backendOf } from '#sync/control-planes/backends';

const signal = new AbortController().signal;
const token = 'kpat_test';

type Seed = (kind: KindPath, body: JsonObject) => StoredEntity;

/**
 * Entities that people wrote, with and without tags; two upstreams have more than one page of
 * targets.
 */
function seedAll(seed: Seed): void {
  const service = seed('services', { name: 'orders', host: 'orders.up' });
  const route = seed('routes', { name: 'orders', protocols: ['http'], paths: ['/o'], service: { id: service.id } });
  seed('plugins', { name: 'key-auth', service: { id: service.id } });
  seed('plugins', { name: 'cors', route: { id: route.id } });
  const [first, second] = ['orders.up', 'other.up'].map((name) => seed('upstreams', { name, tags: ['theirs'] }));
  for (let one = 0; one < 150; one += 1)
    seed('targets', { target: `10.0.${one}.1:80`, upstream: { id: first?.id ?? '' } });
  seed('targets', { target: '10.1.0.1:80', upstream: { id: second?.id ?? '' } });
}

const held = {
  services: ['orders'],
  routes: [['orders', 'orders']],
  plugins: 2,
  upstreams: ['orders.up', 'other.up'],
  targetsOf: { 'orders.up': 150, 'other.up': 1 },
};

type Read = Awaited<ReturnType<NonNullable<ReturnType<typeof backendOf>['readAll']>>>;

function summaryOf(all: Read): typeof held {
  const of = (kind: string) => all.filter((one) => one.kind === kind);
  const under = (name: string) => of('target').filter(({ parent }) => parent === name).length;
  return {
    services: of('service').map(({ key }) => key),
    routes: of('route').map(({ key, parent = '' }) => [key, parent]),
    plugins: of('plugin').length,
    upstreams: of('upstream')
      .map(({ key }) => key)
      .sort(),
    targetsOf: { 'orders.up': under('orders.up'), 'other.up': under('other.up') },
  };
}

describe('readAll', () => {
  let folder: string;

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'read-all-'));
  });

  afterAll(() => rmSync(folder, { recursive: true }));

  it('reads everything of a control plane of Konnect', async () => {
    const konnect = await startKonnect({ controlPlanes: [{ name: 'prod' }], token });
    seedAll((kind, body) => konnect.seed('prod', kind, body));
    const { readAll } = backendOf({ type: 'konnect', address: konnect.url, name: 'prod', token, concurrency: 4 });

    expect(summaryOf((await readAll?.(signal)) ?? [])).toEqual(held);
    await konnect.close();
  });

  it('reads everything of a Kong with a database', async () => {
    const kong = await startKongAdmin({ token });
    seedAll((kind, body) => kong.seed(kind, body, 'default'));
    const { readAll } = backendOf({ type: 'admin', address: kong.url, workspace: 'default', token, concurrency: 4 });

    expect(summaryOf((await readAll?.(signal)) ?? [])).toEqual(held);
    await kong.close();
  });

  it('reads everything of a Kong without a database', async () => {
    const kong = await startKongAdmin({ token, hasDatabase: false });
    seedAll((kind, body) => kong.seed(kind, body, 'default'));
    const { readAll } = backendOf({ type: 'dbless', address: kong.url, token });

    expect(summaryOf((await readAll?.(signal)) ?? [])).toEqual(held);
    await kong.close();
  });

  it('reads all entities of a decK file, whoever wrote them, and nothing from a missing file', async () => {
    const path = join(folder, 'kong.yaml');
    const { readAll } = backendOf({ type: 'file', path });
    const before = await readAll?.(signal);
    writeFileSync(path, '_format_version: "3.0"\nservices: [{ name: orders, url: "https://a.example/v1" }]\n');

    expect(before).toEqual([]);
    expect(await readAll?.(signal)).toMatchObject([
      { kind: 'service', key: 'orders', fields: { protocol: 'https', host: 'a.example', port: 443, path: '/v1' } },
    ]);
  });

  it('names the file that is not a decK file', async () => {
    const path = join(folder, 'other.yaml');
    writeFileSync(path, 'services: { orders: 1 }\n');

    await expect(backendOf({ type: 'file', path }).readAll?.(signal)).rejects.toThrow(
      `${path} is not a decK file (services`,
    );
  });
});
