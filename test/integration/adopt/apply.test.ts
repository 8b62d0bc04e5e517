import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { request } from 'undici';
import type { JsonObject } from '#core/model';
import { defaultConfig, type Estate, openEstate, region, stagedConfig, stageOf } from '../../support/estate';

let estate: Estate;
let id: string;
let name: string;

beforeEach(async () => {
  estate = await openEstate([{ name: 'prod' }, { name: 'spare' }]);
  estate.configure(`${defaultConfig(estate)}include: [adopted.yaml]\n`);
  id = estate.addEndpoint('unused', ['10.0.1.11', '10.0.2.11'], { region, state: 'available' });
  estate.world.setTags(id, {});
  name = estate.world.endpoint(id)?.dnsNames[0] ?? '';
});

afterEach(() => estate.close());

const paths = ['upstreams', 'targets', 'services', 'routes', 'plugins'] as const;

function seedService(fields: JsonObject = {}, plane = 'prod') {
  const service = estate.konnect.seed(plane, 'services', {
    ...{
      name: 'orders-api',
      host: name,
      port: 8080,
      protocol: 'http',
      read_timeout: 9_000,
      retries: 7,
      tags: ['team'],
    },
    ...fields,
  });
  const { id: serviceId } = service;
  const paths = { protocols: ['http'], paths: ['/orders', '~/o/[0-9]+$'], methods: ['GET'], strip_path: false };
  estate.konnect.seed(plane, 'routes', { name: 'orders', ...paths, tags: ['team'], service: { id: serviceId } });
  estate.konnect.seed(plane, 'plugins', { name: 'correlation-id', config: {}, service: { id: serviceId } });
}

/** Tags as adopt asks for them. */
const tag = (over: Readonly<Record<string, string>> = {}) =>
  estate.world.setTags(id, { 'kong:domain': 'orders', 'kong:port': '8080', 'kong:host': name, ...over });

/** All entities of a control plane, without their times. */
function everything(plane = 'prod') {
  return paths.map((path) =>
    estate.konnect.entities(plane, path).map(({ updated_at: _, created_at: __, ...one }) => ({
      ...one,
      tags: [...((one.tags ?? []) as string[])].sort(),
    })),
  );
}

const files = () =>
  ['adopted.yaml', 'adopted/orders-api.json', 'adopted/orders.json'].map((one) => existsSync(join(estate.folder, one)));
const apply = (...argv: readonly string[]) => estate.run('adopt', '--apply', ...argv);

/** Removes plugins, as a person would by hand. */
async function removePlugins(): Promise<void> {
  const plane = `${estate.konnect.url}/v2/control-planes`;
  const headers = { authorization: 'Bearer kpat_sandbox' };
  const listed = await request(`${plane}?filter[name][eq]=prod`, { headers });
  const { data } = (await listed.body.json()) as { data: { id: string }[] };
  for (const { id: plugin } of estate.konnect.entities('prod', 'plugins'))
    await (
      await request(`${plane}/${data[0]?.id}/core-entities/plugins/${plugin}`, { method: 'DELETE', headers })
    ).body.dump();
}

describe('adopt --apply', () => {
  it('switches a service to its own upstream, sync keeps the switch, and --release restores everything', async () => {
    seedService();
    tag();
    const before = everything();

    const applied = await apply('--yes', '--json');

    expect(applied.exitCode).toBe(0);
    expect(JSON.parse(applied.out)).toMatchObject({
      domains: [
        { domain: 'orders', service: 'orders-api', state: 'adopted', findings: [expect.stringContaining('/orders')] },
      ],
    });
    const [upstreams, , services, routes, plugins] = everything();
    const [, , [service] = [], [route] = [], heldPlugins] = before;
    const tags = ['adopted:orders', 'kong-privatelink', 'owner:test', 'team'];
    expect(upstreams).toMatchObject([{ name: 'orders.privatelink', host_header: name }]);
    expect(
      estate.konnect
        .entities('prod', 'targets')
        .map(({ target }) => target)
        .sort(),
    ).toEqual(['10.0.1.11:8080', '10.0.2.11:8080']);
    expect(services).toEqual([{ ...service, host: 'orders.privatelink', tags }]);
    expect(routes).toEqual([{ ...route, tags }]);
    expect(plugins).toEqual(heldPlugins);
    expect(readFileSync(join(estate.folder, 'adopted.yaml'), 'utf8')).toMatch(
      /orders:\n {4}adopted:\n {6}service: orders-api\n/,
    );

    const diff = await estate.run('diff');
    expect(diff.exitCode).toBe(0);

    const released = await estate.run('adopt', '--release', 'orders', '--yes');
    expect(released.out).toContain(`${id} still claims domain orders: remove the domain tag`);
    expect(released.out).toContain('Domain orders (service orders-api) is given back');
    expect(released.exitCode).toBe(0);
    expect(everything()).toEqual(before);
    expect(files()).toEqual([true, false, false]);
    expect(readFileSync(join(estate.folder, 'adopted.yaml'), 'utf8')).not.toContain('domains:');
  });

  it('writes only the files while endpoints lack tags; sync makes no second service; then --apply goes on', async () => {
    seedService();
    const before = everything();

    const waiting = await apply('orders-api', '--yes');
    expect(waiting.out).toContain(`${id} lacks tags, and nothing is switched before they have them`);
    expect(waiting.exitCode).toBe(2);
    expect(everything()).toEqual(before);
    estate.world.setTags(id, { 'kong:domain': 'orders-api', 'kong:port': '8080', 'kong:host': name });
    const synced = await estate.run('sync');
    expect(synced.exitCode).toBe(0);
    expect(synced.out).toContain("names service orders-api, which does not carry this owner's tags");
    expect(everything()[2]).toEqual(before[2]);

    const applied = await apply('orders-api', '--yes');

    expect(applied.out).toContain('Domain orders-api (service orders-api) is taken over');
    expect(applied.exitCode).toBe(0);
    expect((await estate.run('diff')).exitCode).toBe(0);
    expect(estate.konnect.entities('prod', 'services')).toHaveLength(1);
  });

  it('refuses a change to an adopted entity until a person accepts the change', async () => {
    seedService({ host: '10.0.1.11' });
    tag({ 'kong:host': '10.0.1.11' });

    const refused = await apply('orders', '--yes');
    const accepted = await apply('orders', '--yes', '--override', 'service:orders-api');

    expect(refused.exitCode).toBe(3);
    expect(refused.out).toContain('adopting it would change service:orders-api host');
    expect(refused.out).toContain('add --override service:orders-api');
    expect(accepted.exitCode).toBe(0);
    expect(estate.konnect.entities('prod', 'services')).toMatchObject([{ host: 'orders.privatelink' }]);
  });

  it('asks first, and writes nothing without an answer', async () => {
    seedService();
    tag();
    const before = everything();

    const { exitCode, out } = await apply('orders');

    expect(exitCode).toBe(3);
    expect(out).toContain('no terminal is there to ask for a confirmation; review the plan, then add --yes');
    expect(everything()).toEqual(before);
    expect(files()).toEqual([false, false, false]);
  });

  it('fm-78 finishes after failed writes to the control plane, and names what is left', async () => {
    seedService();
    tag();
    const end = estate.konnect.inject({ kind: 'status', status: 403, method: 'PUT', times: Infinity } as never);

    const failed = await apply('orders', '--yes');
    end();
    const again = await apply('orders', '--yes');

    expect(failed.exitCode).toBe(4);
    expect(failed.out).toContain('run adopt --apply orders again for the rest');
    expect(again.exitCode).toBe(0);
    expect((await estate.run('diff')).exitCode).toBe(0);
  });

  it.each([
    ['no file to write to', ['--apply'], 'adopt writes to the first file of include', false],
    [
      'an unknown domain',
      ['--apply', 'nothing', '--yes'],
      'no service that leads to PrivateLink would become domain nothing',
      true,
    ],
    [
      'an entity that stays',
      ['--apply', '--override', 'route:orders'],
      '--override route:orders: this entity would not change',
      true,
    ],
    ['a file', ['--apply', '--from', 'x.yaml'], '--from only shows', true],
    ['both ways', ['--apply', '--release', 'orders'], '--apply and --release cannot be combined', true],
    ['an answer to no question', ['--yes'], '--yes is for --apply and --release', true],
    [
      'a domain that was never adopted',
      ['--release', 'orders', '--yes'],
      'adopt --release orders: there is no record at',
      true,
    ],
  ])('refuses %s', async (_, argv, said, hasInclude) => {
    seedService();
    tag();
    if (!hasInclude) estate.configure(defaultConfig(estate));

    const { exitCode, err } = await estate.run('adopt', ...argv);

    expect(err).toContain(said);
    expect(exitCode).toBe(1);
  });

  it.each([
    ['a decK file', () => '{ type: file, path: kong.yaml }', 'holds nothing that people wrote'],
    [
      'decK',
      () => `{ type: deck, address: "${estate.konnect.url}", name: prod, token: kpat_sandbox }`,
      'decK sees only entities with the select tags',
    ],
  ])('writes nothing, not even files, through %s', async (_, place, said) => {
    seedService();
    tag();
    const before = everything();
    estate.configure(
      `${defaultConfig(estate).replace(/controlPlane: .*/, `controlPlane: ${place()}`)}include: [adopted.yaml]\n`,
    );

    const { exitCode, err } = await apply('orders', '--yes');

    expect(err).toContain(said);
    expect(exitCode).toBe(1);
    expect([everything(), files()]).toEqual([before, [false, false, false]]);
  });

  it('does not release a protected domain', async () => {
    seedService();
    tag();
    await apply('orders', '--yes');
    const before = everything();
    await estate.run('protect', 'orders');

    const refused = await estate.run('adopt', '--release', 'orders', '--yes');
    const after = everything();
    await estate.run('unprotect', 'orders');
    const released = await estate.run('adopt', '--release', 'orders', '--yes');

    expect(refused.exitCode).toBe(3);
    expect(refused.out).toContain('protect lists orders; kong-privatelink unprotect orders, then run adopt --release');
    expect(after).toEqual(before);
    expect(released.exitCode).toBe(0);
  });

  it('applies to one stage when there are several', async () => {
    estate.configure(
      `${stagedConfig(estate, [stageOf(estate, 'prod'), stageOf(estate, 'spare')])}include: [adopted.yaml]\n`,
    );
    seedService({}, 'spare');
    tag();

    const all = await apply('--yes');
    const one = await apply('--yes', '--stage', 'spare');

    expect(all.err).toContain('--apply is for one stage, and there are several');
    expect(one.exitCode).toBe(0);
    expect(existsSync(join(estate.folder, 'adopted/orders.spare.json'))).toBe(true);
  });

  describe('with several stages', () => {
    const file = () => readFileSync(join(estate.folder, 'adopted.yaml'), 'utf8');

    beforeEach(() => {
      const stages = stagedConfig(estate, [stageOf(estate, 'prod'), stageOf(estate, 'spare')]);
      estate.configure(`${stages}include: [adopted.yaml]\n`);
      tag();
    });

    it('keeps the domain adopted in one stage when the other stage releases it', async () => {
      seedService();
      seedService({}, 'spare');
      await apply('orders', '--yes', '--stage', 'prod');
      await apply('orders', '--yes', '--stage', 'spare');

      const first = await estate.run('adopt', '--release', 'orders', '--yes', '--stage', 'spare');
      const between = file();
      const diff = await estate.run('diff', '--stage', 'prod');
      const last = await estate.run('adopt', '--release', 'orders', '--yes', '--stage', 'prod');

      expect(first.exitCode).toBe(0);
      expect(first.out).toContain(
        'domains.orders.adopted stays in the file, for the control plane of orders.prod.json',
      );
      expect(between).toContain('service: orders-api');
      expect(diff.exitCode).toBe(0);
      expect(last.exitCode).toBe(0);
      expect(file()).not.toContain('orders-api');
    });

    it('refuses a stage with other names, because one file names them for all stages', async () => {
      seedService();
      seedService({ name: 'orders-too' }, 'spare');
      await apply('orders', '--yes', '--stage', 'prod');
      const before = [everything('spare'), file()];

      const { exitCode, out } = await apply('orders', '--yes', '--stage', 'spare');

      expect(out).toContain(
        'domains.orders.adopted already names other entities, for the control plane of orders.prod',
      );
      expect(exitCode).toBe(3);
      expect([everything('spare'), file()]).toEqual(before);
    });
  });

  it('does not trust a record that was changed by hand', async () => {
    seedService();
    tag();
    await apply('orders', '--yes');
    const path = join(estate.folder, 'adopted/orders.json');
    writeFileSync(path, readFileSync(path, 'utf8').replace(name, 'elsewhere.example'));

    const { exitCode, err } = await estate.run('adopt', '--release', 'orders', '--yes');

    expect(exitCode).toBe(1);
    expect(err).toContain('was changed after it was written, or damaged');
  });
});

describe('an adopted domain', () => {
  it('fm-79 stays through a rollback to an earlier revision, and sync goes on updating its addresses', async () => {
    writeFileSync(join(estate.folder, 'adopted.yaml'), '');
    estate.addEndpoint('sd2', ['10.0.5.11'], { state: 'available' });
    await estate.run('sync');
    seedService();
    tag();
    await apply('orders', '--yes');
    await estate.run('sync');
    const service = estate.konnect.entities('prod', 'services').find((one) => one.name === 'orders-api');

    const rolledBack = await estate.run('rollback', '--now');
    const second = estate.addEndpoint('orders', ['10.0.1.12'], {
      state: 'available',
      tags: { 'kong:port': '8080', 'kong:host': name },
    });
    const synced = await estate.run('sync');

    expect(rolledBack.exitCode).toBe(0);
    expect(synced.exitCode).toBe(0);
    const now = estate.konnect.entities('prod', 'services').find((one) => one.name === 'orders-api');
    expect(now).toMatchObject({ id: service?.id, host: 'orders.privatelink', read_timeout: 9_000 });
    expect(estate.konnect.entities('prod', 'routes').map((one) => one.name)).toContain('orders');
    expect(
      estate.konnect.entities('prod', 'targets').filter(({ tags }) => [tags].flat().includes(second)),
    ).toHaveLength(1);
  });

  it('leaves with retire, once no endpoint claims it and nothing that people wrote hangs on it', async () => {
    seedService();
    tag();
    await apply('orders', '--yes');
    estate.world.setTags(id, {});

    const hanging = await estate.run('retire', 'orders', '--yes');
    await removePlugins();
    const retired = await estate.run('retire', 'orders', '--yes');

    expect(hanging.exitCode).toBe(3);
    expect(hanging.out).toContain('plugin correlation-id on service orders-api');
    expect(retired.exitCode).toBe(0);
    expect(everything().flat()).toEqual([]);
  });
});
