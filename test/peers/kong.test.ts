import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { request } from 'undici';
import { z } from 'zod';
import { claimedPaths } from '#core/paths';
import { ask } from '#sandbox/estates/estate';
import { accounts, openT0, type T0 } from '#sandbox/estates/t0';
import { prepareT0 } from '#sandbox/estates/t0-story';
import { openT2, prepareT2, requestsPerMinute, type T2 } from '#sandbox/estates/t2';
import { type BlackHole, startBlackHole } from '#sandbox/network/black-hole';
import { openKong } from '#sync/control-planes/admin/kong';
import { applyChanges } from '#sync/control-planes/apply';
import { connectDbless } from '#sync/control-planes/dbless/control-plane';
import { parseDeclarative } from '#sync/control-planes/dbless/declarative';
import type { TlsConfig } from '#sync/control-planes/kong-api/tls';
import { askAboutPlugins } from '#sync/control-planes/plugins/check';
import { createsOf, documentOf, signal } from '../support/control-planes/konnect';
import { openPaths, type Paths, preparePaths, reached, unreached } from '../support/kong/bounded-paths';
import { type KongEstate, openKongEstate } from '../support/kong/kong-estate';
import { postConfig } from '../support/kong/post-config';
import { describeWithKong, freePorts, type RealKong, startRealKong } from '../support/kong/real-kong';
import { createAuthority } from '../support/network/certificates';
import { createFakeClock } from '../support/passes';
import { until } from '../support/until';

const programs = ['kong-js-pluginserver', 'kong-privatelink-pluginserver'] as const;

describeWithKong('a real Kong', () => {
  describe.each(programs)('T0 with the plugin under %s', (program) => {
    let stage: KongEstate<T0>;

    beforeAll(async () => {
      stage = await openKongEstate({
        program,
        prepare: prepareT0,
        open: (ground, gateway) => openT0({ ...ground, gateway }),
      });
      await until('the chain is complete, and requests stay in the zone', async () => (await travel(6)) === 6);
    });

    afterAll(() => stage?.close());

    /**
     * Sends requests through the whole chain. Returns how many reached SD2 in the data plane's
     * zone.
     */
    async function travel(count: number): Promise<number> {
      const { sd1Door, sd2 } = stage.estate;
      const atHome = () =>
        sd2.provider.requests(sd2.provider.addresses[0]).filter(({ path }) => path === '/orders').length;
      const before = atHome();
      for (let index = 0; index < count; index += 1) {
        const { status, body } = await ask(sd1Door, '/sd2/orders', 'trace');
        if (status !== 200) throw new Error(`answered with ${status} ${JSON.stringify(body)}`);
        expect(body).toMatchObject({ domain: 'sd2', onPremises: { nonce: expect.any(String) } });
      }
      return atHome() - before;
    }

    it('answers from the end of the chain, and always stays in its own zone', async () => {
      expect(await travel(20)).toBe(20);
    });

    it("sends the upstream's name as Host, with the port", () => {
      const { provider } = stage.estate.sd2;

      const hosts = new Set(
        provider.requests().flatMap(({ path, headers }) => (path === '/orders' ? headers.host : [])),
      );

      expect([...hosts]).toEqual([`sd2.privatelink:${provider.port}`]);
    });

    it("names the caller to the provider, from the load balancer's PROXY header", () => {
      const { sd2 } = stage.estate;
      const asked = sd2.provider.requests().filter(({ path }) => path === '/orders');

      const callers = asked.map(({ headers }) => headers['x-privatelink-consumer']);

      expect([...new Set(callers)]).toEqual(['sd1']);
    });

    it('refuses SD1 a domain that only SD2 may call, and refuses an account outside every contract', async () => {
      const { estate, world, kong } = stage;
      const stranger = await estate.connectStranger();
      await expect(ask(stranger.address, '/sd2/orders', 'trace')).rejects.toThrow();
      world.accept(stranger.endpointId);

      const answers = [
        await ask(estate.sd1Door, '/egress/record', 'trace'),
        await ask(stranger.address, '/sd2/orders', 'trace'),
        await ask(`${kong.host}:${kong.port}`, '/sd2/orders', 'trace'),
      ];

      expect(answers.map(({ status }) => status)).toEqual([403, 403, 403]);
    });

    it('sends the same Host in upstream mode, and stays in its zone when the zone has an upstream', async () => {
      const { provider } = stage.estate.sd2;
      await stage.synchronise('upstream');
      const spread = await travel(20);
      await stage.synchronise('upstream', 'weighted');
      await until('the upstream of the zone is there', async () => (await travel(6)) === 6);
      const before = provider.requests().length;

      const atHome = await travel(20);

      const hosts = provider
        .requests()
        .slice(before)
        .flatMap(({ path, headers }) => (path === '/orders' ? headers.host : []));
      expect(spread).toBeLessThan(20);
      expect(atHome).toBe(20);
      expect([...new Set(hosts)]).toEqual([`sd2.privatelink:${provider.port}`]);

      // The next test expects instances that were started.
      await stage.synchronise('target');
      await until('the plugin picks targets again', async () => (await travel(6)) === 6);
    });

    it('passes file, zone and credentials to the plugin server, although nginx strips the environment', async () => {
      const { calls } = stage.aws;
      const seen = calls.length;

      await until('the plugin discovers again', async () => calls.length > seen + 1);

      expect(calls.slice(seen)).toContainEqual(expect.objectContaining({ account: accounts.gateway }));
    });

    it('fm-25 answers while the plugin server is killed, and stays in the zone again afterwards', async () => {
      await Promise.all([travel(4), travel(4), travel(4), travel(4)]);
      await stage.kong.killPluginServer();

      const seen = new Set<number>();
      await until('it runs again', async () => {
        // Several at once, so that Kong keeps several connections to the plugin server.
        const asked = Array.from({ length: 4 }, () => ask(stage.estate.sd1Door, '/sd2/orders', 'trace'));
        for (const { status } of await Promise.all(asked)) seen.add(status);
        return startsOf(await stage.kong.log(), program) === 2;
      });

      // Over MsgPack:1, Kong 3.9 lets requests pass without an answer. Over ProtoBuf:1 it would
      // answer 500, and our server makes them wait.
      expect([...seen]).toEqual([200]);
      await until('requests stay in the zone', async () => (await travel(6)) === 6);
    });

    it('reports the plugins that it would refuse', async () => {
      const named = (name: string, config = {}) => ({ name, config });
      const plugins = [
        named('rate-limitng', { minute: 5 }),
        named('rate-limiting', { minute: 'many', hours: 1 }),
        named('acl', { allow: ['a'] }),
        named('privatelink'),
      ];

      const options = { ...openKong({ address: stage.admin }), brought: new Set<string>() };
      expect(await askAboutPlugins({ domains: { sd2: { plugins } } }, options, signal)).toEqual({
        asked: 4,
        problems: [
          expect.stringMatching(
            /^domains\.sd2\.plugins\[0\]: .*no plugin rate-limitng \(did you mean rate-limiting\?\)/,
          ),
          expect.stringMatching(/config\.hours: unknown field.*config\.minute: expected a number/),
        ],
        unchecked: [],
      });
    });

    it("goes on as before while AWS's API is down", async () => {
      await stage.aws.close();
      await until('discovery fails', async () => (await stage.kong.log()).includes('discovery is incomplete'));

      expect(await travel(20)).toBe(20);
    });
  });

  describe('paths', () => {
    let stage: KongEstate<Paths>;

    beforeAll(async () => {
      stage = await startPaths();
    });

    afterAll(() => stage?.close());

    const ask = (path: string) => askKong(stage.kong, path);

    function lastOf(domain: string) {
      const { path, headers } = stage.estate.providers.get(domain)?.requests().at(-1) ?? {};
      return { path, prefix: headers?.['x-forwarded-prefix'] };
    }

    it.each(reached)('fm-46 sends $asked to $domain as $arriving', async ({ asked, domain, arriving, prefix }) => {
      expect(await ask(asked)).toEqual({ status: 200, text: JSON.stringify({ domain }) });
      expect(lastOf(domain)).toEqual({ path: arriving, prefix });
    });

    it.each(unreached)('fm-46 sends %s to nobody', async (path) => {
      expect(await ask(path)).toMatchObject({ status: 404, text: expect.stringContaining('no Route matched') });
    });

    it('fm-46 bounds the routes of an earlier version without losing a request', async () => {
      await writeRoutes(stage.admin, (paths) => claimedPaths(paths));
      await until('routes are those of a version before', async () => (await ask('/sd22')).status === 200);
      const statuses = new Set<number>();
      let isDone = false;
      const asking = (async () => {
        while (!isDone) for (const path of ['/sd2', '/sd2/x', '/sd2/orders']) statuses.add((await ask(path)).status);
      })();

      await stage.synchronise('target');
      await until('routes are bounded', async () => (await ask('/sd22')).status === 404);

      isDone = true;
      await asking;
      expect([...statuses]).toEqual([200]);
    });
  });

  describe('an Admin API behind TLS that asks for a certificate', () => {
    let folder: string;
    let kong: RealKong;
    let address: string;
    let tls: TlsConfig;

    beforeAll(async () => {
      folder = mkdtempSync(join(tmpdir(), 'kong-privatelink-'));
      const authority = createAuthority(folder);
      const [server, client] = [authority.issue('kong', ['kong.example']), authority.issue('client', ['client'])];
      const [ports, { admin: tlsPort }] = [await freePorts(), await freePorts()];
      const [configPath, credentialsPath] = [join(folder, 'kong-privatelink.yaml'), join(folder, 'credentials')];
      writeFileSync(
        configPath,
        'owner: test\nsources: [{ name: a, type: static, region: us-east-1, endpoints: [] }]\n',
      );
      writeFileSync(credentialsPath, '');
      address = `https://127.0.0.1:${tlsPort}`;
      tls = { ca: authority.certFile, cert: client.certFile, key: client.keyFile, serverName: 'kong.example' };
      kong = await startRealKong({
        program: 'kong-privatelink-pluginserver',
        ...{ folder, configPath, credentialsPath, zoneId: 'use1-az1', ports },
        variables: {
          KONG_ADMIN_LISTEN: `127.0.0.1:${ports.admin}, 127.0.0.1:${tlsPort} ssl`,
          KONG_ADMIN_SSL_CERT: server.certFile,
          KONG_ADMIN_SSL_CERT_KEY: server.keyFile,
          KONG_NGINX_ADMIN_SSL_VERIFY_CLIENT: 'on',
          KONG_NGINX_ADMIN_SSL_CLIENT_CERTIFICATE: authority.certFile,
        },
      });
    });

    afterAll(async () => {
      await kong?.close();
      rmSync(folder, { recursive: true });
    });

    const connect = (over?: TlsConfig) => connectDbless({ type: 'dbless', address, tls: over }, 'test');

    it('fm-61 is written and read with authority, certificate and name from controlPlane.tls', async () => {
      const clock = createFakeClock(0);
      const changes = createsOf(documentOf('sd2', 2));

      const { results } = await applyChanges(changes, { controlPlane: connect(tls), clock, concurrency: 1, signal });

      expect(results.map(({ outcome }) => outcome)).toEqual(changes.map(() => 'applied'));
      expect(await connect(tls).read(signal)).toHaveLength(changes.length);
    });

    it.each<[string, () => TlsConfig | undefined, string]>([
      ['the authority', () => undefined, 'controlPlane.tls.ca'],
      ['the name', () => ({ ...tls, serverName: undefined }), 'controlPlane.tls.serverName'],
      ['the certificate', () => ({ ...tls, cert: undefined, key: undefined }), 'controlPlane.tls.cert'],
    ])('fm-61 cannot be read without %s, and the message names the setting', async (_, over, fix) => {
      await expect(connect(over()).read(signal)).rejects.toMatchObject({
        code: 'BAD_CONNECTION',
        fix: expect.stringContaining(fix),
      });
    });
  });

  describe('the plugin server under load', () => {
    let stage: KongEstate<Paths>;

    beforeAll(async () => {
      stage = await startPaths();
    });

    afterAll(() => stage?.close());

    it.each(['KILL', 'STOP'] as const)(
      'fm-53 answers every request while its serving process gets the signal %s',
      async (signal) => {
        const starts = async () => startsOf(await stage.kong.log(), 'kong-privatelink-pluginserver');
        const before = await starts();
        const statuses = new Set<number>();
        let isOver = false;
        const callers = Array.from({ length: 8 }, async () => {
          while (!isOver) statuses.add((await askKong(stage.kong, '/sd2', kongTimeoutMs)).status);
        });
        await until('some are answered', () => statuses.has(200));

        await stage.kong.killPluginServer(signal);
        await until('another process serves', async () => (await starts()) > before);
        isOver = true;
        await Promise.all(callers);

        expect([...statuses]).toEqual([200]);
      },
    );
  });

  describe('a plugin server with few file descriptors', () => {
    /** Two dozen are the server's own. */
    const descriptors = 64;
    let stage: KongEstate<Paths>;

    beforeAll(async () => {
      stage = await startPaths({ descriptors });
    });

    afterAll(() => stage?.close());

    /**
     * The statuses of requests from this many sequential callers, all within Kong's own time-outs.
     */
    async function statusesOf(callers: number): Promise<ReadonlySet<number>> {
      const statuses = Array.from({ length: callers }, async () => {
        const own: number[] = [];
        for (let asked = 0; asked < 5; asked += 1) own.push((await askKong(stage.kong, '/sd2', kongTimeoutMs)).status);
        return own;
      });
      return new Set((await Promise.all(statuses)).flat());
    }

    it('fm-53 answers more concurrent requests than its serving process has descriptors for', async () => {
      expect([...(await statusesOf(descriptors / 2))]).toEqual([200]);
    });

    it('fm-53 serves as before after more concurrent requests than it has descriptors in all', async () => {
      // Those that cannot even be accepted, Kong answers with 500.
      expect([200, 500]).toEqual(expect.arrayContaining([...(await statusesOf(4 * descriptors))]));

      expect([...(await statusesOf(8))]).toEqual([200]);
      expect(await stage.kong.log()).not.toContain('is killed');
    });
  });

  describe.each(programs)('T2 with the plugin under %s', (program) => {
    let stage: KongEstate<T2>;

    beforeAll(async () => {
      stage = await openKongEstate({
        program,
        prepare: prepareT2,
        open: openT2,
        consumers: ['reader', 'hasty', 'patient', 'prober'].map((username) => ({
          username,
          keyauth_credentials: [{ key: `key-of-${username}` }],
        })),
      });
      await until('routes are there', async () => (await call('/dogs')).status === 401);
    });

    afterAll(() => stage?.close());

    async function call(
      path: string,
      { as, method = 'GET' }: { as?: string; method?: 'GET' | 'POST' } = {},
    ): Promise<Answer> {
      const { host, port } = stage.kong;
      const startMs = performance.now();
      const { statusCode, body } = await request(`http://${host}:${port}${path}`, {
        method,
        headers: as === undefined ? {} : { 'x-api-key': `key-of-${as}` },
        signal: AbortSignal.timeout(30_000),
      });
      return { status: statusCode, text: await body.text(), tookMs: performance.now() - startMs };
    }

    function arrivedAt(path: string) {
      const providers = [...stage.estate.interfaces.values()].flat();
      // Kong's own checks ask for another path.
      return providers.flatMap((one) => one.requests()).filter((one) => one.path === path);
    }

    it.each(['/dogs', '/todo'])('answers 401 to %s without a key, and calls no provider', async (path) => {
      const { status } = await call(path);

      expect(status).toBe(401);
      expect(arrivedAt(path)).toEqual([]);
    });

    it.each([
      ['GET', '/dogs', 200],
      ['POST', '/dogs', 405],
      ['GET', '/todo', 200],
      ['POST', '/todo', 200],
    ] as const)('lets a caller with a key %s %s, and does not forward the key', async (method, path, status) => {
      const answer = await call(path, { as: 'reader', method });

      expect(answer).toMatchObject({ status, text: expect.stringContaining(`"method":"${method}"`) });
      const arrived = arrivedAt(path)
        .filter((one) => one.method === method)
        .at(-1);
      expect(arrived?.headers).not.toHaveProperty('x-api-key');
    });

    it('answers 429 to a caller above its rate limit, and not to other callers', async () => {
      const statuses = new Set<number>();
      // The minute may end once on the way.
      for (let index = 0; index <= 2 * requestsPerMinute; index += 1)
        statuses.add((await call('/dogs', { as: 'hasty' })).status);

      expect([...statuses].sort()).toEqual([200, 429]);
      expect((await call('/dogs', { as: 'patient' })).status).toBe(200);
    });

    describe('when an interface swallows packets', () => {
      let blackHole: BlackHole;

      beforeAll(async () => {
        const [home] = stage.estate.interfaces.get('dogs') ?? [];
        await home?.close();
        blackHole = await startBlackHole(home?.addresses[0] ?? '', home?.port);
      });

      afterAll(() => blackHole?.close());

      it('fm-22 the plugin changes to the other interface, and each try waits at most connect_timeout', async () => {
        const answers: Answer[] = [];

        await until('the plugin uses the other interface', async () => {
          answers.push(await call('/dogs', { as: 'prober' }));
          return answers.at(-1)?.status === 200;
        });

        expect(longest(answers)).toBeLessThan(patienceMs);
        expect(await call('/dogs', { as: 'prober' })).toMatchObject({ status: 200 });
      });

      it('fm-22 the control plane alone answers every request', async () => {
        await stage.synchronise('upstream');

        const answers: Answer[] = [];
        for (let index = 0; index < 10; index += 1) answers.push(await call('/dogs', { as: 'patient' }));

        expect(answers.map(({ status }) => status)).toEqual(Array(10).fill(200));
        expect(longest(answers)).toBeLessThan(patienceMs);
      });
    });
  });
});

/** What Kong waits for an answer of a plugin server. */
const kongTimeoutMs = 60_000;

/** Domains behind paths of all forms, once Kong has their routes. */
async function startPaths(limits: { readonly descriptors?: number } = {}): Promise<KongEstate<Paths>> {
  const stage = await openKongEstate({
    program: 'kong-privatelink-pluginserver',
    prepare: preparePaths,
    open: openPaths,
    ...limits,
  });
  await until('routes are there', async () => (await askKong(stage.kong, '/sd2')).status === 200);
  return stage;
}

async function askKong({ host, port }: Pick<RealKong, 'host' | 'port'>, path: string, timeoutMs = 10_000) {
  const signal = AbortSignal.timeout(timeoutMs);
  const { statusCode, body } = await request(`http://${host}:${port}${path}`, { signal });
  return { status: statusCode, text: await body.text() };
}

/** Puts the configuration that runs back with other paths. */
async function writeRoutes(admin: string, change: (paths: readonly string[]) => readonly string[]): Promise<void> {
  const signal = AbortSignal.timeout(10_000);
  const { body } = await request(`${admin}/config`, { signal });
  const { config } = z.object({ config: z.string() }).parse(await body.json());
  const running = parseDeclarative(config);
  const routes = running.routes.map((one) => ({ ...one, paths: change([one.paths].flat().map(String)) }));
  await postConfig(admin, { ...running, routes });
}

/**
 * The time of three tries with `connect_timeout` 1000 and `retries` 2, on a slow machine. Kong's
 * own defaults would take six minutes.
 */
const patienceMs = 6_000;

type Answer = { readonly status: number; readonly text: string; readonly tookMs: number };

function longest(answers: readonly Answer[]): number {
  return Math.max(...answers.map(({ tookMs }) => tookMs));
}

/** How often a process was started that serves requests: by Kong, or by our server itself. */
function startsOf(log: string, program: (typeof programs)[number]): number {
  const words = program === 'kong-js-pluginserver' ? '[pluginserver] started, pid' : '"msg":"listening"';
  return log.split(words).length - 1;
}
