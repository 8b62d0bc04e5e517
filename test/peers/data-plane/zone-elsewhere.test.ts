import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, request as httpRequest } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { request } from 'undici';
import { upstreamName, zonePluginName, zoneUpstreamName } from '#core/names';
import { type Listening, listenTogether, openLoopback } from '#sandbox/network/loopback';
import { startPlainKong } from '../../support/kong/plain-kong';
import { postConfig } from '../../support/kong/post-config';
import { describeWithKong, freePorts, type RealKong } from '../../support/kong/real-kong';
import { until } from '../../support/until';

/**
 * The plugin in Lua on a real Kong where people put it themselves: on other services, in other
 * places, and beside other plugins.
 */

const zone = 'use1-az1';
const plugin = (config: object = {}) => ({ name: zonePluginName, config: { domain: 'sd2', ...config } });

/** Another plugin that comes first and says this. */
const first = (lua: string) => ({ name: 'pre-function', config: { access: [lua] } });

/** Once, since the worker keeps it. */
const failing = `
local service, set_upstream = kong.service, kong.service.set_upstream
service.set_upstream = function()
  service.set_upstream = set_upstream
  error({})
end`;

/** Says its address, to a request and to who opens a WebSocket. */
function serverOf(address: string) {
  return createServer((_, response) => void response.end(JSON.stringify({ address }))).on('upgrade', (_, socket) =>
    socket.end(`HTTP/1.1 101 Switching\r\nconnection: upgrade\r\nupgrade: websocket\r\naddress: ${address}\r\n\r\n`),
  );
}

describeWithKong('the plugin privatelink-zone, placed by people', () => {
  let folder: string;
  let addresses: readonly string[];
  let provider: Listening;
  let kong: RealKong;
  let admin: string;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'kong-privatelink-'));
    addresses = (await openLoopback()).allot(4);
    provider = await listenTogether(addresses, serverOf);
    const ports = await freePorts();
    const variables = { KONG_PRIVATELINK_ZONE_ID: zone, KONG_UNTRUSTED_LUA: 'on' };
    kong = await startPlainKong(join(folder, 'kong-of-one'), { ports, variables });
    admin = `http://127.0.0.1:${ports.admin}`;
  });

  afterAll(async () => {
    await kong?.close();
    await provider?.close();
    rmSync(folder, { recursive: true });
  });

  /** Its own upstream, its zone's, another domain's, and an address without an upstream. */
  const placeOf = (address: unknown) =>
    ['domain', 'zone', 'other domain', 'address'][addresses.indexOf(String(address))];

  async function configure(more: object): Promise<void> {
    const names = [upstreamName('sd2'), zoneUpstreamName(zone, 'sd2'), upstreamName('sd3')];
    const upstreams = names.map((name, index) => ({
      name,
      targets: [{ target: `${addresses[index]}:${provider.port}` }],
    }));
    await postConfig(admin, { _format_version: '3.0', upstreams, ...more });
  }

  /** Another one for each configuration, so that what answers there is this one. */
  let path = 0;

  /** A service of this host with a route of its own, and these plugins. */
  function serviceOf(host: string, plugins: readonly object[], ofRoute: readonly object[] = []) {
    path += 1;
    const name = `of-${path}`;
    const routes = [{ name, paths: [`/${path}/`], plugins: ofRoute }];
    return { name, host, port: provider.port, plugins, routes, retries: 0 };
  }

  function routeOf(plugins: readonly object[]) {
    path += 1;
    return { name: `of-${path}`, paths: [`/${path}/`], plugins };
  }

  /** Where requests arrive, or their status. */
  async function reached(): Promise<unknown> {
    const url = `http://${kong.host}:${kong.port}/${path}/x`;
    const { statusCode, body } = await request(url, { signal: AbortSignal.timeout(10_000) });
    const text = await body.text();
    return statusCode === 200 ? placeOf(JSON.parse(text).address) : statusCode;
  }

  const own = upstreamName('sd2');

  it.each([
    ['service', () => serviceOf(own, [plugin()]), 'zone'],
    ['route', () => serviceOf(own, [], [plugin()]), 'zone'],
    ['service and its route at once', () => serviceOf(own, [plugin({ zone_id: 'use1-az9' })], [plugin()]), 'zone'],
    ['service of another host', () => serviceOf('localhost', [plugin()]), 'zone'],
    ['service of another domain', () => serviceOf(upstreamName('sd3'), [plugin()]), 'zone'],
    ['service of an address', () => serviceOf(addresses[3] ?? '', [plugin()]), 'address'],
    ['service with a zone in its configuration', () => serviceOf(own, [plugin({ zone_id: zone })]), 'zone'],
    ['service with an unknown zone', () => serviceOf(own, [plugin({ zone_id: 'use1-az9' })]), 'domain'],
    ['service with a long zone', () => serviceOf(own, [plugin({ zone_id: 'a'.repeat(4_096) })]), 'domain'],
    ['service with a zone of two lines', () => serviceOf(own, [plugin({ zone_id: `${zone}\n` })]), 'domain'],
    [
      'service with an unset variable',
      () => serviceOf(own, [plugin({ zone_id: '{vault://env/nobody-set-this}' })]),
      'domain',
    ],
    ['service with an unknown vault', () => serviceOf(own, [plugin({ zone_id: '{vault://nowhere/zone}' })]), 'domain'],
    ['service with a broken reference', () => serviceOf(own, [plugin({ zone_id: '{vault://}' })]), 'domain'],
    ['service with an unknown domain', () => serviceOf(own, [plugin({ domain: 'sd9' })]), 'domain'],
    ['service with a domain of two lines', () => serviceOf(own, [plugin({ domain: 'sd2\n' })]), 'domain'],
    [
      'service after another plugin chose an upstream',
      () => serviceOf(own, [plugin(), first(`kong.service.set_upstream("${upstreamName('sd3')}")`)]),
      'zone',
    ],
    [
      'service after another plugin chose an address',
      () => serviceOf(own, [plugin(), first(`kong.service.set_target("${addresses[3]}", ${provider.port})`)]),
      'zone',
    ],
    ['service where set_upstream fails', () => serviceOf(own, [plugin(), first(failing)]), 'domain'],
  ] as const)('chooses the expected upstream on a %s', async (_, service, expected) => {
    await configure({ services: [service()] });
    await until('the route is there', async () => (await reached()) !== 404);
    for (let n = 0; n < 3; n += 1) expect(await reached()).toBe(expected);
  });

  it.each([
    ['a service of an IPv6 address', (plugins: readonly object[]) => ({ services: [serviceOf('::1', plugins)] })],
    ['a route without a service', (plugins: readonly object[]) => ({ routes: [routeOf(plugins)] })],
  ])('changes nothing for %s', async (_, content) => {
    const statuses: unknown[] = [];
    for (const plugins of [[], [plugin()]]) {
      await configure(content(plugins));
      await until('the route is there', async () => (await reached()) !== 404);
      statuses.push(await reached());
    }

    expect(statuses[1]).toBe(statuses[0]);
    expect(statuses[0]).toEqual(expect.any(Number));
  });

  it('applies to all services when it is on none of them', async () => {
    await configure({ services: [serviceOf(own, []), serviceOf(addresses[3] ?? '', [])], plugins: [plugin()] });
    await until('the second service is there', async () => (await reached()) !== 404);

    expect(await reached()).toBe('address');
    path -= 1;
    expect(await reached()).toBe('zone');
  });

  it('keeps a WebSocket in its zone', async () => {
    await configure({ services: [serviceOf(own, [plugin()])] });
    // Kong has the route before it has the plugin.
    await until('the plugin is there', async () => (await reached()) === 'zone');

    const headers = { connection: 'upgrade', upgrade: 'websocket' };
    const [{ statusCode, headers: told }, socket] = await once(
      httpRequest({ host: kong.host, port: kong.port, path: `/${path}/x`, headers }).end(),
      'upgrade',
      { signal: AbortSignal.timeout(10_000) },
    );
    socket.destroy();

    expect([statusCode, placeOf(told.address)]).toEqual([101, 'zone']);
  });

  it('loses no request and leaves no zone while the configuration changes', async () => {
    await configure({ services: [serviceOf(own, [plugin()])] });
    // Kong has the route before it has the plugin.
    await until('the plugin is there', async () => (await reached()) === 'zone');
    const [mine, seen] = [path, new Set<unknown>()];
    const service = () => {
      path = mine - 1;
      return serviceOf(own, [plugin()]);
    };
    let isOver = false;
    const asking = Array.from({ length: 4 }, async () => {
      while (!isOver) seen.add(await reached());
    });
    for (let n = 0; n < 20; n += 1) await configure({ services: [{ ...service(), read_timeout: 10_000 + n }] });
    isOver = true;
    await Promise.all(asking);

    expect([...seen]).toEqual(['zone']);
  });
});
