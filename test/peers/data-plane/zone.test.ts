import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { request } from 'undici';
import type { PluginSettings } from '#core/model';
import { upstreamName, zonePluginName, zoneUpstreamName } from '#core/names';
import { differencesOf } from '#deck/compare';
import { pluginFields, renderDesired } from '#deck/desired';
import type { Document } from '#deck/document';
import { openLoopback } from '#sandbox/network/loopback';
import { type Provider, startProvider } from '#sandbox/network/providers';
import { openKong } from '#sync/control-planes/admin/kong';
import { applyChanges } from '#sync/control-planes/apply';
import { connectDbless } from '#sync/control-planes/dbless/control-plane';
import { askAboutPlugins } from '#sync/control-planes/plugins/check';
import { createsOf, signal } from '../../support/control-planes/konnect';
import { startPlainKong } from '../../support/kong/plain-kong';
import { postConfig } from '../../support/kong/post-config';
import { describeWithKong, freePorts, type RealKong } from '../../support/kong/real-kong';
import { createFakeClock } from '../../support/passes';
import { until } from '../../support/until';

/**
 * The plugin in Lua on a real Kong: the upstream of requests, by the zone in the data plane's
 * environment.
 */

const zones = { mine: 'use1-az1', other: 'use1-az2' } as const;

describeWithKong('the plugin privatelink-zone on a real Kong', () => {
  let folder: string;
  /** An address each for the domain's own upstream, and for those of the zones. */
  let provider: Provider;
  let addresses: readonly string[];

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'kong-privatelink-'));
    addresses = (await openLoopback()).allot(3);
    provider = await startProvider({ addresses, handle: async ({ address }) => ({ body: { address } }) });
  });

  afterAll(async () => {
    await provider?.close();
    rmSync(folder, { recursive: true });
  });

  let starts = 0;

  async function startKong(zone: string | undefined) {
    const ports = await freePorts();
    starts += 1;
    const variables: Readonly<Record<string, string>> = zone === undefined ? {} : { KONG_PRIVATELINK_ZONE_ID: zone };
    const kong = await startPlainKong(join(folder, String(starts)), { ports, variables });
    const admin = `http://127.0.0.1:${ports.admin}`;
    return { kong, admin };
  }

  /**
   * Kong's whole configuration: the domain's upstream and one of each zone, each with its own
   * address.
   */
  function configure(admin: string): Promise<void> {
    const names = [upstreamName('sd2'), ...Object.values(zones).map((zone) => zoneUpstreamName(zone, 'sd2'))];
    const upstreams = names.map((name, index) => ({
      name,
      targets: [{ target: `${addresses[index]}:${provider.port}` }],
    }));
    const plugins = [pluginFields({ name: zonePluginName, config: {} }, 'sd2')];
    const routes = [{ name: 'sd2', paths: ['/sd2'] }];
    const service = { name: 'sd2', host: upstreamName('sd2'), port: provider.port, routes, plugins };
    return postConfig(admin, { _format_version: '3.0', upstreams, services: [service] });
  }

  /** Which upstreams so many requests reached, each once; a status where it is none. */
  async function reached(kong: RealKong, count = 10): Promise<readonly unknown[]> {
    const found = new Set<unknown>();
    for (let index = 0; index < count; index += 1) {
      const answer = await request(`http://${kong.host}:${kong.port}/sd2/x`, { signal: AbortSignal.timeout(10_000) });
      const text = await answer.body.text();
      const { address } = answer.statusCode === 200 ? JSON.parse(text) : { address: answer.statusCode };
      found.add(
        { [addresses[0] ?? '']: 'domain', [addresses[1] ?? '']: 'mine', [addresses[2] ?? '']: 'other' }[address] ??
          address,
      );
    }
    return [...found];
  }

  async function isServed(kong: RealKong): Promise<void> {
    await until('the route is there', async () => (await reached(kong, 1))[0] !== 404);
  }

  /**
   * The document of `sync` for the domain: each zone's address is in the domain's upstream and in
   * the zone's.
   */
  function wantedWith(plugins: readonly PluginSettings[]): Document {
    const targets = Object.values(zones).map((zoneId, index) => ({
      ...{ ip: addresses[index + 1] ?? '', port: provider.port, region: 'us-east-1', zoneId, weight: 100 },
      ...{ endpointId: 'vpce-1', scopeId: 'hub.self.us-east-1' },
    }));
    const domain = { name: 'sd2', protocol: 'http', paths: ['/sd2'], stripPath: true, targets } as const;
    return renderDesired({ owner: 'test', domains: [domain], settings: { sd2: { plugins } }, affinity: 'weighted' });
  }

  function applyTo(address: string, wanted: Document) {
    const controlPlane = connectDbless({ type: 'dbless', address }, 'test');
    const options = { controlPlane, clock: createFakeClock(0), concurrency: 1, signal };
    return applyChanges(createsOf(wanted), options);
  }

  describe.each([
    ['its zone', zones.mine, 'mine', undefined],
    ['another zone', zones.other, 'other', undefined],
    ['no zone', undefined, 'domain', 'this data plane has no zone id'],
    ['an empty zone', '', 'domain', 'this data plane has no zone id'],
    ['a malformed zone', 'a/b', 'domain', 'this data plane has no zone id'],
    ['a zone of another region', 'usw2-az1', 'domain', 'there is no upstream usw2-az1.sd2.privatelink'],
    ['the name of a zone', 'us-east-1a', 'domain', 'there is no upstream us-east-1a.sd2.privatelink'],
    ['a zone in capitals', 'USE1-AZ1', 'domain', 'there is no upstream USE1-AZ1.sd2.privatelink'],
  ] as const)('with %s in its environment', (_, zone, upstream, said) => {
    it(`sends requests to upstream ${upstream}, and logs ${said ? 'the reason once' : 'nothing'}`, async () => {
      const { kong, admin } = await startKong(zone);
      try {
        await configure(admin);
        await isServed(kong);

        expect(await reached(kong, 20)).toEqual([upstream]);

        const lines = (await kong.log()).split('\n').filter((line) => line.includes('requests stay with'));
        expect(lines.map((line) => (said && line.includes(said)) || line)).toEqual(said ? [true] : []);
        expect(await kong.log()).not.toMatch(/\[error\]/);
      } finally {
        await kong.close();
      }
    });
  });

  describe('from sync to the provider', () => {
    let started: Awaited<ReturnType<typeof startKong>>;

    beforeAll(async () => {
      started = await startKong(zones.mine);
    });

    afterAll(() => started?.kong.close());

    it('is known to the node, and its schema refuses a wrong zone_id', async () => {
      const api = { ...openKong({ address: started.admin }), brought: new Set<string>() };
      const named: PluginSettings[] = [
        { name: zonePluginName, config: {} },
        { name: zonePluginName, config: { zone_id: 7 } },
      ];

      const { asked, problems } = await askAboutPlugins({ domains: { sd2: { plugins: named } } }, api, signal);

      expect([asked, problems]).toEqual([2, [expect.stringContaining('zone_id')]]);
    });

    it('keeps requests in their zone, and Kong holds the entities of sync', async () => {
      const wanted = wantedWith([{ name: zonePluginName, config: {} }]);

      const { results } = await applyTo(started.admin, wanted);
      await isServed(started.kong);

      expect(results.map(({ outcome }) => outcome)).toEqual(wanted.map(() => 'applied'));
      expect(await reached(started.kong, 20)).toEqual(['mine']);
      const controlPlane = connectDbless({ type: 'dbless', address: started.admin }, 'test');
      const held = new Map((await controlPlane.read(signal)).map((one) => [one.key + one.kind, one]));
      const differing = wanted.filter((one) => {
        const now = held.get(one.key + one.kind);
        return now === undefined || differencesOf(one, now).length > 0;
      });
      expect(differing).toEqual([]);
    });

    it('keeps its zone through kong reload, because a reload does not read the environment', async () => {
      await configure(started.admin);
      await isServed(started.kong);

      await started.kong.reloadWith({ KONG_PRIVATELINK_ZONE_ID: zones.other });
      await until('Kong answers again', () =>
        configure(started.admin).then(
          () => true,
          () => false,
        ),
      );
      await isServed(started.kong);

      expect(await reached(started.kong, 20)).toEqual(['mine']);
    });
  });

  it('is not written to a node without the plugin, and this node gets everything else', async () => {
    const ports = await freePorts();
    const variables = { KONG_PLUGINS: 'bundled,privatelink' };
    const kong = await startPlainKong(join(folder, 'without'), { ports, variables });
    try {
      const own = [zonePluginName, 'privatelink'].map((name) => ({ name, config: {} }));

      const { results } = await applyTo(`http://127.0.0.1:${ports.admin}`, wantedWith(own));
      await isServed(kong);

      const failed = results.filter(({ outcome }) => outcome !== 'applied');
      expect(failed.map(({ change, error }) => [change.key, error])).toEqual([
        [
          `sd2|${zonePluginName}`,
          expect.stringContaining(`the control plane knows no plugin ${zonePluginName}; install it on every node`),
        ],
      ]);
      expect(['mine', 'other']).toEqual(expect.arrayContaining([...(await reached(kong))]));
    } finally {
      await kong.close();
    }
  });
});
