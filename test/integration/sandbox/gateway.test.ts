import { EventEmitter, once } from 'node:events';
import { createServer } from 'node:http';
import { connect } from 'node:net';
import { afterEach, describe, expect, it } from '@jest/globals';
import type { JsonObject } from '#core/model';
import { boundedPaths } from '#core/paths';
import { startGateway } from '#sandbox/gateway/gateway';
import type { PluginRunner } from '#sandbox/gateway/plugin-runner';
import { startBlackHole } from '#sandbox/network/black-hole';
import { listenTogether } from '#sandbox/network/loopback';
import type { Provider } from '#sandbox/network/providers';
import { claims, reached, unreached } from '../../support/kong/bounded-paths';
import { addressOf, type GatewayStage, startGatewayStage } from '../../support/kong/gateway';
import { patienceMs, until } from '../../support/until';

let stage: GatewayStage;
afterEach(() => stage.close());

const unhealthy = (limits: { readonly tcp_failures?: number; readonly timeouts?: number }) => ({
  healthchecks: { passive: { unhealthy: limits } },
});

function hostsSeen(provider: Provider): readonly (string | undefined)[] {
  return provider.requests().map(({ headers }) => headers.host);
}

/** A gateway with the routes of domains with these `claims`. */
async function openBounded(): Promise<ReadonlyMap<string, Provider>> {
  stage = await startGatewayStage();
  const providers = new Map<string, Provider>();
  for (const [name, path] of Object.entries(claims)) {
    const provider = await stage.provide();
    providers.set(name, provider);
    stage.seedDomain([addressOf(provider)], {
      upstream: { name: `${name}.privatelink` },
      service: { name, host: `${name}.privatelink` },
      route: { name, paths: boundedPaths([path ?? `/${name}`]), strip_path: path === undefined },
    });
  }
  await stage.settle();
  return providers;
}

describe('the gateway proxies', () => {
  it('to a target with the prefix stripped, and tells the provider what Kong tells it', async () => {
    stage = await startGatewayStage();
    const provider = await stage.provide();
    stage.seedDomain([addressOf(provider)]);
    await stage.settle();

    const { status, body } = await stage.ask('/sd2/x?y=1', { headers: { 'x-sandbox-trace': 'trip-1' } });

    expect(status).toBe(200);
    expect(body).toMatchObject({ address: provider.addresses[0], path: '/x?y=1' });
    expect(provider.requests()[0]?.headers).toMatchObject({
      host: addressOf(provider),
      via: '1.1 kong-privatelink-sandbox',
      'x-forwarded-for': '127.0.0.1',
      'x-forwarded-proto': 'http',
      'x-forwarded-host': '127.0.0.1',
      'x-forwarded-port': String(stage.gateway.port),
      'x-forwarded-path': '/sd2/x',
      'x-forwarded-prefix': '/sd2',
      'x-sandbox-trace': 'trip-1',
    });
    expect(stage.hops).toEqual([
      {
        requestId: 'trip-1',
        path: '/sd2/x?y=1',
        service: 'sd2',
        chosenBy: 'balancer',
        address: addressOf(provider),
        status: 200,
        latencyMs: expect.any(Number),
        tries: 1,
      },
    ]);
  });

  it.each([
    ['the path whole when strip_path is off', { route: { strip_path: false } }, '/sd2/x', '/sd2/x'],
    ['below the path of the service', { service: { path: '/base' } }, '/sd2/x', '/base/x'],
    ['a path that only begins like the prefix', {}, '/sd2x', '/x'],
  ])('%s', async (_, over, asked, expected) => {
    stage = await startGatewayStage();
    stage.seedDomain([addressOf(await stage.provide())], over);
    await stage.settle();

    const { body } = await stage.ask(asked);

    expect(body).toMatchObject({ path: expected });
  });

  it.each(reached)('fm-46 a bounded path as Kong does: $asked to $domain as $arriving', async (one) => {
    const providers = await openBounded();

    expect((await stage.ask(one.asked)).status).toBe(200);

    const arrived = providers.get(one.domain)?.requests().at(-1);
    expect({ path: arrived?.path, prefix: arrived?.headers['x-forwarded-prefix'] }).toEqual({
      path: one.arriving,
      prefix: one.prefix,
    });
  });

  it('fm-46 nothing that only begins like a bounded path', async () => {
    await openBounded();

    for (const path of unreached) expect({ path, ...(await stage.ask(path)) }).toMatchObject({ path, status: 404 });
  });

  it.each([
    [
      'host_header and the port that is not 80',
      { upstream: { host_header: 'sd2.example' } },
      (port: number) => `sd2.example:${port}`,
    ],
    ["the client's where the route preserves it", { route: { preserve_host: true } }, () => 'client.example'],
  ])('Host as %s', async (_, over, expected) => {
    stage = await startGatewayStage();
    const provider = await stage.provide();
    stage.seedDomain([addressOf(provider)], over);
    await stage.settle();

    await stage.ask('/sd2', { headers: { host: 'client.example' } });

    expect(hostsSeen(provider)).toEqual([expected(provider.port)]);
  });

  it('a large body in both directions', async () => {
    stage = await startGatewayStage();
    stage.seedDomain([addressOf(await stage.provide())]);
    await stage.settle();
    const body = 'x'.repeat(1_000_000);

    const answer = await stage.ask('/sd2', { method: 'POST', body });

    expect(answer.body).toMatchObject({ body });
  });

  it('a service without an upstream straight to the address in its host', async () => {
    stage = await startGatewayStage();
    const provider = await stage.provide();
    stage.seedDomain([], { service: { host: provider.addresses[0] ?? '', port: provider.port } });
    await stage.settle();

    expect((await stage.ask('/sd2')).status).toBe(200);
  });
});

describe('the gateway answers without a provider:', () => {
  it.each([
    ['404 where no route matches', {}, '/other', 404, 'no Route matched with those values'],
    ['503 where the upstream has no target', {}, '/sd2', 503, 'failure to get a peer from the ring-balancer'],
    ['426 where the route is for https', { route: { protocols: ['https'] } }, '/sd2', 426, 'Please use HTTPS protocol'],
  ])('%s', async (_, over, path, status, message) => {
    stage = await startGatewayStage();
    stage.seedDomain([], over);
    await stage.settle();

    expect(await stage.ask(path)).toEqual({ status, body: { message } });
  });

  it('502 after one try and all retries, when the address refuses', async () => {
    stage = await startGatewayStage();
    stage.seedDomain([await stage.deadAddress()], { service: { retries: 2 } });
    await stage.settle();

    expect((await stage.ask('/sd2')).status).toBe(502);
    expect(stage.hops).toMatchObject([{ status: 502, tries: 3 }]);
  });

  it('502 when the provider breaks the connection of a request that must not be repeated', async () => {
    stage = await startGatewayStage();
    const addresses = stage.loopback.allot(1);
    const broken = await listenTogether(addresses, () => createServer((message) => message.destroy()));
    stage.seedDomain([`${addresses[0]}:${broken.port}`]);
    await stage.settle();

    const answer = await stage.ask('/sd2', { method: 'POST', body: 'once' });
    await broken.close();

    expect(answer.status).toBe(502);
    expect(stage.hops).toMatchObject([{ tries: 1 }]);
  });
});

describe('the gateway balances', () => {
  it('a refused try to another address, body and all', async () => {
    stage = await startGatewayStage();
    const provider = await stage.provide();
    stage.seedDomain([await stage.deadAddress(), addressOf(provider)]);
    await stage.settle();

    const answers = await Promise.all([1, 2, 3, 4].map(() => stage.ask('/sd2', { method: 'POST', body: 'whole' })));

    expect(answers.map(({ body }) => body)).toEqual(Array(4).fill(expect.objectContaining({ body: 'whole' })));
    expect(stage.hops.map(({ tries }) => tries).sort()).toEqual([1, 1, 2, 2]);
  });

  it('no further request to an address that failed too often', async () => {
    stage = await startGatewayStage();
    const provider = await stage.provide();
    stage.seedDomain([await stage.deadAddress(), addressOf(provider)], { upstream: unhealthy({ tcp_failures: 1 }) });
    await stage.settle();

    for (let request = 0; request < 4; request += 1) await stage.ask('/sd2');

    expect(stage.hops.map(({ tries }) => tries)).toEqual([2, 1, 1, 1]);
  });

  it('requests to an ejected address again once its active check succeeds', async () => {
    stage = await startGatewayStage();
    const [first, second] = [await stage.provide(), await stage.provide()];
    const dead = await stage.provide();
    await dead.close();
    const healthchecks = {
      active: { healthy: { interval: 0.05, http_statuses: [200] } },
      passive: { unhealthy: { tcp_failures: 1 } },
    };
    stage.seedDomain([addressOf(dead), addressOf(first), addressOf(second)], { upstream: { healthchecks } });
    await stage.settle();
    for (let request = 0; request < 3; request += 1) await stage.ask('/sd2');

    const revived = await listenTogether(
      dead.addresses,
      () => createServer((_, response) => response.end('{}')),
      dead.port,
    );
    await until('the provider that is back is asked', async () => {
      await stage.ask('/sd2');
      return stage.hops.at(-1)?.address === addressOf(dead);
    });
    await revived.close();

    expect(stage.hops.at(-1)).toMatchObject({ address: addressOf(dead), status: 200, tries: 1 });
  });

  const onLinux = process.platform === 'linux' ? it : it.skip;
  if (onLinux === it.skip) process.stderr.write('skipped: a black hole. To run it: run the tests on Linux\n');
  onLinux('a try that a black hole swallows to another address after connect_timeout', async () => {
    stage = await startGatewayStage();
    const provider = await stage.provide();
    const [address = ''] = stage.loopback.allot(1);
    const hole = await startBlackHole(address);
    stage.seedDomain([`${address}:${hole.port}`, addressOf(provider)], { service: { connect_timeout: 150 } });
    await stage.settle();

    const answer = await stage.ask('/sd2');
    await hole.close();

    expect(answer.status).toBe(200);
    expect(stage.hops).toMatchObject([{ tries: 2, address: addressOf(provider) }]);
    expect(stage.hops[0]?.latencyMs).toBeGreaterThanOrEqual(140);
  });
});

describe('a plugin in the gateway', () => {
  /**
   * A gateway with a plugin that runs `access`, on a service with a provider behind its upstream.
   */
  async function startPlugged(access: PluginRunner['access']) {
    stage = await startGatewayStage({ runner: { access } });
    const [balanced, chosen] = [await stage.provide(), await stage.provide()];
    const { service } = stage.seedDomain([addressOf(balanced)]);
    stage.seed('plugins', { name: 'privatelink', service: { id: service }, config: { domain: 'sd2' } });
    return { balanced, chosen };
  }

  it('overrides the balancer and Host with set_target', async () => {
    const target: { ip: string; port: number } = { ip: '', port: 0 };
    const { balanced, chosen } = await startPlugged(async ({ config }, pdk) => {
      expect(config).toEqual({ domain: 'sd2' });
      await pdk('kong.service.set_target', [target.ip, target.port]);
    });
    Object.assign(target, { ip: chosen.addresses[0], port: chosen.port });
    await stage.settle();

    await stage.ask('/sd2');

    expect(hostsSeen(chosen)).toEqual([chosen.addresses[0]]);
    expect(balanced.requests()).toEqual([]);
    expect(stage.hops).toMatchObject([{ chosenBy: 'plugin', address: addressOf(chosen), tries: 1 }]);
  });

  it('sets Host with set_header after set_target', async () => {
    const target: { ip: string; port: number } = { ip: '', port: 0 };
    const { chosen } = await startPlugged(async (_, pdk) => {
      await pdk('kong.service.set_target', [target.ip, target.port]);
      await pdk('kong.service.request.set_header', ['Host', 'sd2.example:8080']);
    });
    Object.assign(target, { ip: chosen.addresses[0], port: chosen.port });
    await stage.settle();

    await stage.ask('/sd2');

    expect(hostsSeen(chosen)).toEqual(['sd2.example:8080']);
  });

  it('leads to another upstream with set_upstream, and changes nothing if that upstream is missing', async () => {
    const { balanced, chosen } = await startPlugged(async (_, pdk) => {
      await pdk('kong.service.set_upstream', ['use1-az1.sd2.privatelink']);
    });
    await stage.settle();
    const before = await stage.ask('/sd2');

    const upstream = stage.seed('upstreams', { name: 'use1-az1.sd2.privatelink' });
    stage.seed('targets', { upstream: { id: upstream }, target: addressOf(chosen) });
    await stage.settle();
    const after = await stage.ask('/sd2');

    expect(before.body).toMatchObject({ address: balanced.addresses[0] });
    expect(after.body).toMatchObject({ address: chosen.addresses[0] });
    expect(stage.hops.map(({ chosenBy }) => chosenBy)).toEqual(['balancer', 'plugin']);
  });

  it('answers without the provider with response.exit', async () => {
    const { balanced } = await startPlugged(async (_, pdk) => {
      await pdk('kong.response.exit', [503, '{"message":"no target"}', { 'Content-Type': 'application/json' }]);
    });
    await stage.settle();

    expect(await stage.ask('/sd2')).toEqual({ status: 503, body: { message: 'no target' } });
    expect(balanced.requests()).toEqual([]);
  });

  it('is skipped when the plugin server fails', async () => {
    const { balanced } = await startPlugged(async () => {
      throw new Error('the plugin server closed the connection');
    });
    await stage.settle();

    expect((await stage.ask('/sd2')).body).toMatchObject({ address: balanced.addresses[0] });
  });
});

describe('request-termination in the gateway', () => {
  /** A gateway whose domain has the plugin with this configuration. */
  async function startTerminated(config: JsonObject) {
    stage = await startGatewayStage();
    const provider = await stage.provide();
    const { service } = stage.seedDomain([addressOf(provider)]);
    stage.seed('plugins', { name: 'request-termination', service: { id: service }, config });
    await stage.settle();
    return provider;
  }

  it.each([
    ["the status, and Kong's message for the status", { status_code: 503 }, 503, { message: 'Service unavailable' }],
    ['a message', { status_code: 418, message: 'gone for tea' }, 418, { message: 'gone for tea' }],
    ['a body', { status_code: 503, body: 'closed', content_type: 'text/plain' }, 503, 'closed'],
  ])('answers with %s, without the provider', async (_, config, status, body) => {
    const provider = await startTerminated(config);

    expect(await stage.ask('/sd2')).toEqual({ status, body });
    expect(provider.requests()).toEqual([]);
  });

  it.each([
    ['/sd2', {}, 200],
    ['/sd2', { 'x-maintenance': '1' }, 503],
    ['/sd2?X-Maintenance=1', {}, 503],
  ])('waits for its trigger, a header or a query parameter: %s %j', async (path, headers, status) => {
    await startTerminated({ status_code: 503, trigger: 'X-Maintenance' });

    expect((await stage.ask(path, { headers })).status).toBe(status);
  });
});

describe('the gateway', () => {
  it('follows the control plane, and reports its configuration', async () => {
    stage = await startGatewayStage();
    const [before, after] = [await stage.provide(), await stage.provide()];
    const { upstream } = stage.seedDomain([addressOf(before)]);
    await stage.settle();

    stage.seed('targets', { upstream: { id: upstream }, target: addressOf(after) });
    const hash = stage.konnect.configHash('prod');
    await stage.gateway.waitForConfig(hash, patienceMs);
    await Promise.all([stage.ask('/sd2'), stage.ask('/sd2')]);

    expect(after.requests()).toHaveLength(1);
    expect(stage.gateway.configHash()).toBe(hash);
    expect(stage.reported.at(-1)).toMatchObject({ hostname: 'gateway-use1-az1', configHash: hash });
  });

  it('reads all pages of a long list', async () => {
    stage = await startGatewayStage();
    const provider = await stage.provide();
    const { upstream } = stage.seedDomain([]);
    for (let host = 0; host < 1_000; host += 1)
      stage.seed('targets', { upstream: { id: upstream }, target: `127.21.${host >> 8}.${host & 255}:80`, weight: 0 });
    stage.seed('targets', { upstream: { id: upstream }, target: addressOf(provider) });
    await stage.settle();

    expect((await stage.ask('/sd2')).status).toBe(200);
  });

  it('keeps routing while the control plane is down', async () => {
    stage = await startGatewayStage();
    stage.seedDomain([addressOf(await stage.provide())]);
    await stage.settle();

    await stage.konnect.close();
    await expect(stage.gateway.waitForConfig('another', 500)).rejects.toThrow('no answer');

    expect((await stage.ask('/sd2')).status).toBe(200);
  });

  it('names its problem to a caller that waits for a configuration', async () => {
    stage = await startGatewayStage();
    const stray = await startGateway({
      controlPlane: { address: stage.konnect.url, name: 'unknown', token: 'kpat_test' },
      zoneId: 'use1-az1',
    });

    const waiting = stray.waitForConfig(() => false, 400);

    await expect(waiting).rejects.toThrow('no control plane named unknown');
    await stray.close();
  });
});

describe('the gateway with bad input', () => {
  it('survives a client that hangs up in the middle of a request', async () => {
    stage = await startGatewayStage();
    const events = new EventEmitter();
    const arrived = once(events, 'arrived');
    const provider = await stage.provide(async ({ path }) => {
      if (path !== '/hang') return { body: null };
      events.emit('arrived');
      return new Promise(() => undefined);
    });
    stage.seedDomain([addressOf(provider)]);
    await stage.settle();
    const client = connect(stage.gateway.port, stage.gateway.host);
    client.write('GET /sd2/hang HTTP/1.1\r\nHost: x\r\n\r\n');
    await arrived;

    client.destroy();

    expect((await stage.ask('/sd2')).status).toBe(200);
  });

  it('rejects a second start on a taken port', async () => {
    stage = await startGatewayStage();
    const { host, port } = stage.gateway;
    const controlPlane = { address: stage.konnect.url, name: 'prod', token: 'kpat_test' };

    await expect(startGateway({ controlPlane, zoneId: 'z', listen: { host, port } })).rejects.toThrow('EADDRINUSE');
  });

  it('refuses to listen on an address that is not loopback', async () => {
    stage = await startGatewayStage();
    const controlPlane = { address: stage.konnect.url, name: 'prod', token: 'kpat_test' };

    await expect(startGateway({ controlPlane, zoneId: 'z', listen: { host: '0.0.0.0' } })).rejects.toThrow('loopback');
  });
});
