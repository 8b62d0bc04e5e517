import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { request } from 'undici';
import type { JsonObject } from '#core/model';
import { createOutput } from '#io/output';
import { main } from '#sync/cli/main';
import { defaultConfig, type Estate, openEstate, region } from '../../support/estate';

let estate: Estate;
let id: string;
let name: string;

beforeEach(async () => {
  estate = await openEstate([{ name: 'prod' }]);
  estate.configure(`${defaultConfig(estate)}include: [adopted.yaml]\n`);
  writeFileSync(included(), '');
  id = estate.addEndpoint('orders', ['10.0.1.11', '10.0.2.11'], { region, state: 'available' });
  name = estate.world.endpoint(id)?.dnsNames[0] ?? '';
  estate.world.setTags(id, { 'kong:domain': 'orders', 'kong:port': '8080', 'kong:host': name });
});

afterEach(() => estate.close());

const included = () => join(estate.folder, 'adopted.yaml');
const writes = () => estate.konnect.calls.filter(({ method }) => method !== 'GET');
const kinds = ['upstreams', 'targets', 'services', 'routes'] as const;
const everything = () => kinds.map((kind) => estate.konnect.entities('prod', kind));

/** A service that people wrote, with its route. */
function seedService(tags: readonly string[] = []): void {
  const service = { name: 'orders-api', host: name, port: 8080, protocol: 'http', tags: [...tags] };
  const { id: serviceId } = estate.konnect.seed('prod', 'services', service);
  const route = { name: 'orders', protocols: ['http'], paths: ['/orders'], service: { id: serviceId } };
  estate.konnect.seed('prod', 'routes', route);
}

/** Edits entities as a person would by hand. */
async function edit(
  kind: (typeof kinds)[number],
  isMeant: (one: JsonObject) => boolean,
  over: (one: JsonObject) => JsonObject,
) {
  const headers = { authorization: 'Bearer kpat_sandbox', 'content-type': 'application/json' };
  const planes = `${estate.konnect.url}/v2/control-planes`;
  const listed = await request(`${planes}?filter[name][eq]=prod`, { headers });
  const { data } = (await listed.body.json()) as { data: { id: string }[] };
  for (const one of estate.konnect.entities('prod', kind) as readonly JsonObject[]) {
    if (!isMeant(one)) continue;
    const { id: own, created_at: _created, updated_at: _updated, upstream, ...rest } = one;
    const below = kind === 'targets' ? `upstreams/${(upstream as JsonObject).id}/targets` : kind;
    const url = `${planes}/${data[0]?.id}/core-entities/${below}/${own}`;
    const answer = await request(url, { method: 'PUT', headers, body: JSON.stringify({ ...rest, ...over(one) }) });
    await answer.body.dump();
    expect(answer.statusCode).toBe(200);
  }
}

describe('a configuration that lost an adoption', () => {
  it('fm-80 leaves the adopted service alone, reports the loss, and updates its addresses', async () => {
    seedService();
    await estate.run('adopt', '--apply', 'orders', '--yes');
    const before = everything();
    writeFileSync(included(), '');

    const synced = await estate.run('sync');

    expect(synced.out).toContain(
      'domain orders was adopted (service orders-api), but the configuration does not name it under adopted',
    );
    expect(everything()).toEqual(before);

    const other = estate.addEndpoint('orders', ['10.0.3.11'], { tags: { 'kong:port': '8080', 'kong:host': name } });
    await estate.run('sync');

    const targets = estate.konnect.entities('prod', 'targets').filter(({ tags }) => [tags].flat().includes(other));
    expect(targets).toMatchObject([{ target: '10.0.3.11:8080' }]);
    expect(estate.konnect.entities('prod', 'services')).toHaveLength(1);
    const released = await estate.run('adopt', '--release', 'orders', '--yes');
    expect(released.exitCode).toBe(0);
    expect(estate.konnect.entities('prod', 'services')).toMatchObject([{ host: name, tags: [] }]);
  });
});

describe('a tag of adoption that a person put on a generated entity', () => {
  const isOfSd2 = ({ name: own, target }: JsonObject) => /^sd2|^10\.0\.9\.1:/.test(String(own ?? target));

  it.each(['adopted:aaa', 'adopted:', 'adopted:sd3', 'adopted:constructor', 'adopted:No Domain'])(
    'fm-81 moves no domain: %j',
    async (tag) => {
      const sd2 = estate.addEndpoint('sd2', ['10.0.9.1']);
      estate.addEndpoint('sd3', ['10.0.9.3']);
      await estate.run('sync');
      for (const kind of kinds) await edit(kind, isOfSd2, ({ tags }) => ({ tags: [...(tags as string[]), tag] }));

      const synced = await estate.run('sync');
      estate.world.setState(sd2, 'rejected');
      estate.addEndpoint('sd2', ['10.0.9.2']);
      const changed = await estate.run('sync');

      expect([synced.out, changed.out].join('')).not.toMatch(/quarantined|was adopted/);
      expect([synced.exitCode, changed.exitCode]).toEqual([0, 0]);
      const targets = estate.konnect.entities('prod', 'targets').map(({ target }) => target);
      expect(targets.filter((one) => String(one).startsWith('10.0.9.')).sort()).toEqual(['10.0.9.2:80', '10.0.9.3:80']);
    },
  );
});

describe('tags of adoption that people put on their own entities', () => {
  it.each(['adopted:sd2', 'adopted:', 'adopted:a', 'adopted:orders'])(
    'stay through apply and release: %j',
    async (tag) => {
      seedService([tag, 'adopted:zz']);

      const applied = await estate.run('adopt', '--apply', 'orders', '--yes');
      const diff = await estate.run('diff');
      const released = await estate.run('adopt', '--release', 'orders', '--yes');

      expect([applied, diff, released].map(({ exitCode }) => exitCode)).toEqual([0, 0, 0]);
      expect(estate.konnect.entities('prod', 'services')).toMatchObject([{ host: name, tags: [tag, 'adopted:zz'] }]);
    },
  );
});

describe('files that cannot be written', () => {
  const aliased = 'domains:\n  a: &x\n    adopted: { service: orders-api, routes: [orders] }\n  orders: *x\n';
  const record = () => join(estate.folder, 'adopted', 'orders.json');

  it('fm-82 keep --apply from writing to the control plane, and leave no record', async () => {
    seedService();
    writeFileSync(included(), 'domains:\n  a: &x { tlsVerify: true }\n  orders: *x\n');
    estate.konnect.resetCalls();

    const { exitCode, err } = await estate.run('adopt', '--apply', 'orders', '--yes');

    expect(exitCode).toBe(1);
    expect(err).toContain('cannot edit');
    expect(err).toContain('write the domain there in full, without YAML aliases');
    expect(writes()).toEqual([]);
    expect(existsSync(record())).toBe(false);
  });

  it('fm-82 keep --release from writing to the control plane', async () => {
    seedService();
    await estate.run('adopt', '--apply', 'orders', '--yes');
    writeFileSync(included(), aliased);
    estate.konnect.resetCalls();

    const { exitCode, err } = await estate.run('adopt', '--release', 'orders', '--yes');

    expect(exitCode).toBe(1);
    expect(err).toContain('write the domain there in full, without YAML aliases');
    expect(writes()).toEqual([]);
    expect(existsSync(record())).toBe(true);
  });
});

describe('an edit by people while the question waits', () => {
  /** Runs it, and answers yes once `meanwhile` has happened. */
  async function answering(meanwhile: () => Promise<void>, ...argv: readonly string[]) {
    let out = '';
    const output = createOutput((text, done) => {
      out += text;
      done();
    });
    const confirm = async () => {
      await meanwhile();
      return true;
    };
    const terminal = { env: estate.env, out: output.write, err: output.write, isTerminal: false, confirm };
    const all = [...argv, '-c', join(estate.folder, 'kong-privatelink.yaml')];
    return { exitCode: await main(all, { terminal, signal: new AbortController().signal }), out };
  }

  const all = () => true;

  it('fm-84 stays, both at --apply and at --release', async () => {
    seedService();

    const applied = await answering(
      () => edit('services', all, () => ({ read_timeout: 1_234, tags: ['late'] })),
      ...['adopt', '--apply', 'orders'],
    );
    const adopted = estate.konnect.entities('prod', 'services');
    const released = await answering(
      () => edit('services', all, () => ({ read_timeout: 4_321 })),
      ...['adopt', '--release', 'orders'],
    );

    expect([applied.exitCode, released.exitCode]).toEqual([0, 0]);
    expect(adopted).toMatchObject([{ host: 'orders.privatelink', read_timeout: 1_234 }]);
    expect(adopted.flatMap(({ tags }) => tags)).toContain('late');
    expect(estate.konnect.entities('prod', 'services')).toMatchObject([{ host: name, read_timeout: 4_321 }]);
  });

  it('fm-84 keeps adopt from taking over a service that the edit pointed elsewhere', async () => {
    seedService();

    const { exitCode, out } = await answering(
      () => edit('services', all, () => ({ host: 'new.example.com' })),
      ...['adopt', '--apply', 'orders'],
    );

    expect(exitCode).toBe(1);
    expect(out).toContain('service orders-api leads to new.example.com now');
    expect(estate.konnect.entities('prod', 'services')).toMatchObject([{ host: 'new.example.com', tags: [] }]);
    expect(estate.konnect.entities('prod', 'upstreams')).toEqual([]);
  });
});
