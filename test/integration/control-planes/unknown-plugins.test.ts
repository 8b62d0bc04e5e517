import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { type KongAdmin, startKongAdmin } from '#sandbox/kong-admin/kong-admin';
import { defaultConfig, type Estate, openEstate } from '../../support/estate';

/**
 * A data plane takes no configuration any more that has a plugin which it does not know: entities
 * of plugins are written with care.
 */

const own = ['privatelink', 'privatelink-zone'];

let estate: Estate;

beforeEach(async () => {
  estate = await openEstate();
  estate.addEndpoint('sd2', ['10.0.1.11']);
  estate.addEndpoint('sd3', ['10.0.1.12']);
});

afterEach(() => estate.close());

function configure(plugin: string, { controlPlane = '', more = '' } = {}): void {
  const plugins = `{ plugins: [{ name: ${plugin} }] }`;
  const config = defaultConfig(estate);
  estate.configure(`${
    controlPlane ? config.replace(/controlPlane: .*/, `controlPlane: ${controlPlane}`) : config
  }affinity: weighted
domains: { sd2: ${plugins}, sd3: ${plugins} }
${more}`);
}

describe.each([
  ['admin', true],
  ['dbless', false],
] as const)('a Kong behind type %s', (type, hasDatabase) => {
  let kong: KongAdmin;

  afterEach(() => kong.close());

  async function syncTo(plugin: string, plugins: readonly string[]) {
    kong = await startKongAdmin({ hasDatabase, plugins });
    configure(plugin, { controlPlane: `{ type: ${type}, address: "${kong.url}" }` });
    return estate.run('sync');
  }

  const askedFor = (plugin: string) =>
    kong.calls.filter(({ path }) => path.endsWith(`/schemas/plugins/${plugin}`)).length;

  it.each(own)('gets no entity of %s while it does not know the plugin, and all other entities', async (plugin) => {
    const { exitCode, out } = await syncTo(plugin, []);

    expect(exitCode).toBe(4);
    expect(out).toContain(
      `the control plane knows no plugin ${plugin}; install it on every node, list it in their KONG_PLUGINS`,
    );
    expect(kong.entities('plugins')).toEqual([]);
    expect(kong.entities('routes').map(({ name }) => name)).toEqual(['sd2', 'sd3']);
    const writes = kong.calls.filter(({ method }) => method !== 'GET');
    expect(writes.filter(({ path }) => path.includes('plugins'))).toEqual([]);
  });

  it.each(own)('gets entities of %s once it knows the plugin, after one question', async (plugin) => {
    const { exitCode } = await syncTo(plugin, own);

    expect(exitCode).toBe(0);
    expect(kong.entities('plugins').map(({ name, config }) => [name, config])).toEqual([
      [plugin, { domain: 'sd2' }],
      [plugin, { domain: 'sd3' }],
    ]);
    expect(askedFor(plugin)).toBeLessThanOrEqual(hasDatabase ? 2 : 1);
  });

  it('gets the entities where it does not say which plugins it knows', async () => {
    kong = await startKongAdmin({ hasDatabase, plugins: own });
    kong.inject({ kind: 'status', status: 403, path: /schemas\/plugins/, times: 9 });
    configure('privatelink', { controlPlane: `{ type: ${type}, address: "${kong.url}" }` });

    expect((await estate.run('sync')).exitCode).toBe(0);
    expect(kong.entities('plugins')).toHaveLength(2);
  });
});

describe('Konnect', () => {
  const entities = () => estate.konnect.entities('prod', 'plugins');
  const report = (lacks: readonly string[], version?: string) =>
    estate.konnect.reportNode('prod', { id: 'a', hostname: 'edge', configHash: 'old', lacks, version });

  it.each(own)(
    'loses the first entity of %s again where a data plane cannot use it, and keeps all else',
    async (plugin) => {
      configure(plugin);
      report([plugin]);

      const { exitCode, out } = await estate.run('sync');

      expect(exitCode).toBe(4);
      expect(out).toMatch(
        new RegExp(`data plane edge \\(a\\).* cannot use plugin ${plugin}: its entity was removed again`),
      );
      expect(entities()).toEqual([]);
      expect(estate.konnect.entities('prod', 'routes')).toHaveLength(2);
      const writes = estate.konnect.calls.filter(
        ({ method, path }) => method !== 'GET' && /core-entities\/plugins\//.test(path),
      );
      expect(writes.map(({ method }) => method)).toEqual(['PUT', 'DELETE']);
    },
  );

  it('does not judge by data planes that refused the configuration before', async () => {
    configure('privatelink');
    report(['acl']);
    estate.konnect.seed('prod', 'plugins', { name: 'acl', config: { allow: ['a'] } });

    expect((await estate.run('sync')).exitCode).toBe(0);
    expect(entities()).toHaveLength(3);
  });

  it('gets no new route before the data planes accepted the plugin', async () => {
    configure('privatelink');
    report(['privatelink']);

    await estate.run('sync');

    const calls = estate.konnect.calls
      .filter(({ method }) => method !== 'GET')
      .map(({ method, path }) => `${method} ${path}`);
    const undone = calls.findIndex((call) => /DELETE .*\/plugins\//.test(call));
    const routed = calls.findIndex((call) => /PUT .*\/routes\//.test(call));
    expect(undone).toBeGreaterThan(0);
    expect(routed).toBeGreaterThan(undone);
  });
});
