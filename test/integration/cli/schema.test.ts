import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { request } from 'undici';
import { configJsonSchemaText } from '#config/printed/json-schema';
import { callersHandlerLua } from '#plugin/schema/callers';
import { callersSchemaLua, schemaLua, zoneSchemaLua } from '#plugin/schema/lua';
import { zoneHandlerLua } from '#plugin/schema/zone';
import { runCli } from '../../support/cli';
import { defaultConfig, type Estate, openEstate } from '../../support/estate';

let estate: Estate;

beforeEach(async () => {
  estate = await openEstate();
});

afterEach(() => estate.close());

function puts(): readonly string[] {
  return estate.konnect.calls
    .filter((call) => call.method === 'PUT')
    .map((call) => call.path.split('/core-entities/')[1]?.replace(/[0-9a-f-]{36}/g, 'ID') ?? '');
}

describe('schema', () => {
  it('prints the schema without a configuration file', async () => {
    const { exitCode, out } = await runCli(['schema']);

    expect(exitCode).toBe(0);
    expect(out).toBe(schemaLua());
  });

  it('prints the schema of the configuration without a configuration file', async () => {
    const [text, json] = [await runCli(['schema', '--config']), await runCli(['schema', '--json', '--config'])];

    expect([text.exitCode, text.out]).toEqual([0, configJsonSchemaText()]);
    expect(
      json.out
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line)),
    ).toEqual([JSON.parse(text.out)]);
  });

  it.each([
    ['privatelink', schemaLua(), undefined],
    ['privatelink-zone', zoneSchemaLua(), zoneHandlerLua()],
    ['privatelink-callers', callersSchemaLua(), callersHandlerLua()],
  ])('prints the schema of %s, with its handler where the plugin is Lua', async (plugin, lua, handler) => {
    const [text, json] = [
      await runCli(['schema', '--plugin', plugin]),
      await runCli(['schema', '--plugin', plugin, '--json']),
    ];

    expect([text.exitCode, text.out]).toEqual([0, lua]);
    expect(JSON.parse(json.out)).toEqual({ name: plugin, lua, ...(handler && { handler }) });
  });

  it.each([
    [
      ['--plugin', 'acl'],
      '--plugin acl: this product has no plugin of that name; give one of privatelink, privatelink-zone, privatelink-callers',
    ],
    [['--plugin', 'privatelink', '--config'], 'leave one of them out'],
    [['--config', '--upload'], 'a control plane takes no schema of the configuration; name the configuration file'],
    [['--config', '', '--upload'], 'The value is missing'],
  ])('refuses %j', async (flags, said) => {
    const { exitCode, err } = await runCli(['schema', ...flags]);

    expect(exitCode).toBe(1);
    expect(err).toContain(said);
  });

  it('uploads the schema once', async () => {
    const first = await estate.run('schema', '--upload');
    const second = await estate.run('schema', '--upload');

    expect([first.exitCode, second.exitCode]).toEqual([0, 0]);
    expect([first.out, second.out]).toEqual([
      'uploaded the schema of privatelink\n',
      'the schema of privatelink is up to date\n',
    ]);
    expect(puts()).toEqual(['plugin-schemas/privatelink']);
  });

  it('ends with 1 when the token has no permission to upload', async () => {
    estate.konnect.inject({ kind: 'status', status: 403, method: 'PUT' });

    const { exitCode, err } = await estate.run('schema', '--upload');

    expect(exitCode).toBe(1);
    expect(err).toContain('[CONTROL_PLANE_AUTH]');
  });
});

describe('schema --upload with both plugins', () => {
  const zoned = 'affinity: weighted\ndomains: { sd2: { plugins: [{ name: privatelink-zone }] } }\n';

  it('uploads the schema of each plugin that domains use, once', async () => {
    estate.configure(defaultConfig(estate) + zoned);

    const first = await estate.run('schema', '--upload', '--json');
    const second = await estate.run('schema', '--upload');

    expect(JSON.parse(first.out)).toEqual({
      name: 'privatelink',
      uploaded: true,
      others: [{ name: 'privatelink-zone', uploaded: true }],
    });
    expect(second.out).toBe('the schema of privatelink is up to date\nthe schema of privatelink-zone is up to date\n');
    expect(puts()).toEqual(['plugin-schemas/privatelink', 'plugin-schemas/privatelink-zone']);
  });

  const contracts = (services: string) =>
    `contracts: { services: [${services}], consumers: { sd1: { accounts: ['111111111111'], calls: [sd2] } } }\n`;

  it('uploads the callers plugin where contracts names a service of the gateway', async () => {
    const service = '{ id: vpce-svc-0a, region: us-east-1 }';
    estate.configure(defaultConfig(estate) + contracts(service));

    const { out } = await estate.run('schema', '--upload', '--json');

    expect(JSON.parse(out)).toMatchObject({ name: 'privatelink', others: [{ name: 'privatelink-callers' }] });
    expect(puts()).toEqual(['plugin-schemas/privatelink', 'plugin-schemas/privatelink-callers']);
  });

  it('does not upload the callers plugin where all services belong to providers', async () => {
    const service = '{ id: vpce-svc-0a, region: us-east-1, domains: [sd2] }';
    estate.configure(defaultConfig(estate) + contracts(service));

    await estate.run('schema', '--upload');

    expect(puts()).toEqual(['plugin-schemas/privatelink']);
  });

  it('uploads the requested plugin alone', async () => {
    const { out } = await estate.run('schema', '--upload', '--plugin', 'privatelink-zone', '--json');

    expect(JSON.parse(out)).toEqual({ name: 'privatelink-zone', uploaded: true });
    expect(puts()).toEqual(['plugin-schemas/privatelink-zone']);
  });

  it('runs within sync before the first entity of the plugin', async () => {
    estate.configure(defaultConfig(estate) + zoned);
    estate.addEndpoint('sd2', ['10.0.1.11']);

    expect((await estate.run('sync')).exitCode).toBe(0);
    expect(puts()[0]).toBe('plugin-schemas/privatelink-zone');
    expect(estate.konnect.entities('prod', 'plugins')).toMatchObject([
      { name: 'privatelink-zone', config: { domain: 'sd2' } },
    ]);
  });

  it('is not needed without affinity: the plugin is left out, and each pass says why', async () => {
    estate.configure(defaultConfig(estate) + zoned);
    estate.addEndpoint('sd2', ['10.0.1.11']);
    await estate.run('sync');
    estate.configure(defaultConfig(estate) + zoned.replace('weighted', 'none'));

    const { exitCode, out } = await estate.run('sync');

    expect(exitCode).toBe(0);
    expect(out).toContain(
      'domains.sd2.plugins: privatelink-zone is left out, since no zone has an upstream that the plugin could choose: set affinity to weighted or failover (and via to addresses), or remove the plugin',
    );
    expect(out).toContain('no zone has an upstream that the plugin could choose');
    expect(estate.konnect.entities('prod', 'plugins')).toEqual([]);
  });

  it('warns of a domain that lists both plugins, because each of them chooses a target', async () => {
    const plugins = '[{ name: privatelink }, { name: privatelink-zone }]';
    estate.configure(`${defaultConfig(estate)}affinity: weighted\ndomains: { sd2: { plugins: ${plugins} } }\n`);

    const { out, err } = await estate.run('diff');

    expect(out + err).toContain(
      'domains.sd2.plugins: privatelink and privatelink-zone both choose where a request goes: remove one',
    );
  });
});

describe('streamPlugins', () => {
  const streaming = () =>
    `${defaultConfig(estate).replace('name: prod,', 'name: prod, streamPlugins: true,')}affinity: weighted
domains: { sd2: { plugins: [{ name: privatelink-zone }] }, sd3: { plugins: [{ name: privatelink }] } }
`;
  const report = (version: string) =>
    estate.konnect.reportNode('prod', { id: 'a', hostname: 'edge', configHash: 'old', version, lacks: ['other'] });
  const schemaChecks = async () => {
    const { checks } = JSON.parse((await estate.run('doctor', '--json')).out);
    const found = (checks as { check: string; result: string; detail: string }[]).filter(
      ({ check }) => check === 'plugin schema',
    );
    return found.map(({ result, detail }) => [result, detail]);
  };

  beforeEach(() => {
    estate.configure(streaming());
    estate.addEndpoint('sd2', ['10.0.1.11']);
    estate.addEndpoint('sd3', ['10.0.1.12']);
  });

  it('uploads the plugin once, and lists the needs of data planes before the first write', async () => {
    const first = await estate.run('sync');
    const second = await estate.run('schema', '--upload');

    expect(first.exitCode).toBe(0);
    expect(first.out).toContain(
      'warning plugin privatelink-zone is streamed: data planes need KONG_CUSTOM_PLUGIN_STREAMING_ENABLED=on and KONG_UNTRUSTED_LUA=lax',
    );
    expect(second.out).toContain('the schema of privatelink-zone is up to date');
    expect(puts().slice(0, 2).sort()).toEqual(['custom-plugins/privatelink-zone', 'plugin-schemas/privatelink']);
    expect(puts().filter((path) => path.includes('zone'))).toHaveLength(1);
    expect(estate.konnect.entities('prod', 'plugins')).toHaveLength(2);
  });

  it('writes no plugin entity beside a data plane that does not take plugins, and names the data plane', async () => {
    estate.configure(streaming().replace(', sd3: { plugins: [{ name: privatelink }] }', ''));
    report('3.14.0.5');

    const { exitCode, out } = await estate.run('sync');

    expect(exitCode).toBe(4);
    expect(out).toContain('warning plugin privatelink-zone is not streamed, because of data plane edge (a) (3.14.0.5)');
    expect(out).toContain(
      'data plane edge (a) (3.14.0.5) cannot get plugin privatelink-zone from the control plane; update them to Gateway 3.15',
    );
    expect(puts().filter((path) => path.includes('zone'))).toEqual([]);
    expect(estate.konnect.entities('prod', 'plugins')).toEqual([]);
    expect(estate.konnect.entities('prod', 'routes')).toHaveLength(2);
  });

  it('is a check of doctor, before and after', async () => {
    const before = await schemaChecks();
    await estate.run('sync');
    const after = await schemaChecks();
    report('3.14.0.5');
    const beside = await schemaChecks();

    expect(before).toEqual([
      ['warning', expect.stringContaining('the schema of privatelink is absent')],
      ['warning', expect.stringMatching(/privatelink-zone is not streamed yet: .*KONG_UNTRUSTED_LUA=lax/)],
    ]);
    expect(after).toEqual([
      ['ok', expect.stringContaining('the schema of privatelink is from this version')],
      ['ok', expect.stringMatching(/privatelink-zone is streamed: .*KONG_UNTRUSTED_LUA=lax/)],
    ]);
    expect(beside.at(-1)).toEqual([
      'failed',
      expect.stringContaining('data plane edge (a) (3.14.0.5) cannot get privatelink-zone'),
    ]);
  });

  it('replaces the plugin of another version', async () => {
    await estate.run('sync');
    const other = { name: 'privatelink-zone', handler: 'return {}', schema: 'return {}' };
    const path = `${estate.konnect.url}/v2/control-planes/${estate.konnect.idOf('prod')}/core-entities/custom-plugins/privatelink-zone`;
    const headers = { authorization: 'Bearer kpat_sandbox', 'content-type': 'application/json' };
    const { body } = await request(path, { method: 'PUT', headers, body: JSON.stringify(other) });
    await body.dump();
    expect(await schemaChecks()).toContainEqual(['warning', expect.stringContaining('from another version')]);

    const { out } = await estate.run('schema', '--upload', '--plugin', 'privatelink-zone');

    expect(out).toBe('uploaded the schema of privatelink-zone\n');
    expect(await schemaChecks()).not.toContainEqual(['warning', expect.anything()]);
  });
});

describe('the order of a release', () => {
  beforeEach(() => {
    estate.configure(`${defaultConfig(estate)}domains: { sd2: { plugins: [{ name: privatelink, config: {} }] } }\n`);
    estate.addEndpoint('sd2', ['10.0.1.11']);
  });

  it('uploads the schema first when the first plugin entity is created', async () => {
    const { exitCode } = await estate.run('sync');

    expect(exitCode).toBe(0);
    expect(puts()[0]).toBe('plugin-schemas/privatelink');
    expect(puts().slice(-2)).toEqual(['plugins/ID', 'routes/ID']);
  });

  it('compares the schema before a plugin entity is updated, and uploads it only at a difference', async () => {
    await estate.run('sync');
    estate.configure(
      `${defaultConfig(estate)}domains: { sd2: { plugins: [{ name: privatelink, config: { affinity: none } }] } }\n`,
    );
    estate.konnect.resetCalls();

    await estate.run('sync');

    expect(estate.konnect.calls.some((call) => call.path.includes('plugin-schemas'))).toBe(true);
    expect(puts()).toEqual(['plugins/ID']);
  });

  it('reads no schema in a pass without a new plugin entity', async () => {
    await estate.run('sync');
    estate.addEndpoint('sd3', ['10.0.1.12']);
    estate.konnect.resetCalls();

    await estate.run('sync');

    expect(estate.konnect.calls.some((call) => call.path.includes('plugin-schemas'))).toBe(false);
  });

  it('reports a failed upload, and goes on with the entities that need no schema', async () => {
    estate.konnect.inject({ kind: 'status', status: 422, method: 'PUT', path: /plugin-schemas/ });

    const { exitCode, out } = await estate.run('sync');

    expect(exitCode).toBe(4);
    expect(out).toContain('warning the schema of plugin privatelink could not be uploaded');
    expect(estate.konnect.entities('prod', 'routes')).toHaveLength(1);
  });

  it('says what share of the data planes runs the new configuration', async () => {
    estate.configure(defaultConfig(estate));
    estate.konnect.reportNode('prod', { id: 'a', hostname: 'a', configHash: 'old' });

    const { out } = await estate.run('sync');

    expect(out).toContain('0 of 1 data planes run the new configuration');
  });
});
