import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { request } from 'undici';
import { defaultTagKeys } from '#config/schema';
import { type DnsServer, startDnsServer, type Zone } from '#sandbox/network/dns-server';
import { openLoopback } from '#sandbox/network/loopback';
import type { AdoptView } from '#sync/adopt/told/view';
import { makeEndpoints } from '../../support/adopt/estate';
import { type Arrival, type OnKong, onKong, type Reached, startProviders } from '../../support/adopt/on-kong';
import { type Estate, openEstate, region } from '../../support/estate';
import { type Load, startLoad } from '../../support/kong/load';
import { startPlainKong } from '../../support/kong/plain-kong';
import { postConfig } from '../../support/kong/post-config';
import { findPostgres, startPostgres } from '../../support/kong/postgres';
import { describeWithKong, freePorts } from '../../support/kong/real-kong';
import { describeUnlessLacking } from '../../support/needing';
import { createAuthority } from '../../support/network/certificates';
import { until } from '../../support/until';

/** So many answers to each kind of request show how it is served. */
const some = 40;

/** With a database each is waited for, so that two have to do. */
const domainsOf: Readonly<Record<'admin' | 'dbless', readonly string[]>> = {
  dbless: Object.keys(onKong),
  admin: ['tls', 'balanced'],
};

describeWithKong('adopt under load, on a real Kong', () => {
  describe('without a database', () => adopting('dbless'));
  describeUnlessLacking(lackingForAdmin(), 'with a database', () => adopting('admin'));
});

function lackingForAdmin(): string | undefined {
  if (!process.env.KONG_BIN) return 'a Kong with a database needs KONG_BIN';
  return findPostgres() ? undefined : 'there is no PostgreSQL. To get it: apt-get install postgresql';
}

function adopting(backend: 'admin' | 'dbless'): void {
  const domains = domainsOf[backend];
  const opened: (() => unknown)[] = [];
  const loads = new Map<string, Load>();
  const asked: string[] = [];
  let arrivals: readonly Arrival[];
  let estate: Estate;
  let reached: ReadonlyMap<string, Reached>;
  let before: readonly string[];

  beforeAll(async () => {
    const folder = mkdtempSync(join(tmpdir(), 'kong-privatelink-'));
    opened.push(() => rmSync(folder, { recursive: true }));
    estate = await openEstate([]);
    opened.push(estate.close);
    const { allot } = await openLoopback();
    reached = new Map(domains.map((domain, index) => [domain, reachedBy(index, allot(2))]));
    makeEndpoints(estate.world, scopesOf([...reached.values()]));
    const authority = createAuthority(folder);
    const providers = await startProviders(
      [...reached.values()].flatMap(({ ips }) => ips),
      authority,
    );
    opened.push(providers.close);
    ({ arrivals } = providers);
    const dns = await startDnsServer(zoneOf([...reached.values()], asked));
    opened.push(dns.close);
    const written = new Map(
      Object.entries(onKong)
        .filter(([domain]) => domains.includes(domain))
        .map(([domain, write]) => [domain, write(reachedAs(domain), providers.ports)]),
    );
    const { admin, url } = await startKong(folder, dns);
    await seeds[backend](admin, contentOf(written));
    estate.configure(configurationOf(admin));
    for (const [domain, { asks }] of written)
      for (const [index, { path, headers, ...sent }] of asks.entries()) {
        const of = `${domain} ${index}`;
        const all = { ...headers, 'x-of': of };
        await until(`Kong serves ${of}`, async () => {
          const { statusCode, body } = await request(url + path, { method: 'GET', ...sent, headers: all });
          await body.dump();
          return statusCode === 200;
        });
        const load = startLoad(url + path, { ...sent, headers: all });
        loads.set(of, load);
        opened.push(load.close);
      }
  });

  afterAll(async () => {
    for (const close of opened.reverse()) await close();
  });

  async function startKong(folder: string, { address }: DnsServer) {
    const ports = await freePorts();
    const database =
      backend === 'admin' ? await startPostgres(findPostgres() ?? '', process.env.KONG_BIN ?? '') : undefined;
    if (database) opened.push(database.close);
    const variables = { ...database?.variables, KONG_DNS_RESOLVER: address };
    const kong = await startPlainKong(join(folder, 'first'), { ports, variables });
    opened.push(kong.close);
    return { admin: `http://127.0.0.1:${ports.admin}`, url: `http://${kong.host}:${kong.port}` };
  }

  function reachedAs(domain: string): Reached {
    return reached.get(domain) ?? { name: '', zonal: [], ips: [] };
  }

  /** JSON is YAML. */
  function configurationOf(address: string): string {
    const source = { name: 'hub', type: 'vpc-endpoints', regions: [region], endpoint: estate.aws.url };
    return JSON.stringify({
      owner: 'test',
      sources: [{ ...source, allow: { addresses: ['127.0.0.0/8'] } }],
      controlPlane: { type: backend, address },
      include: ['adopted.yaml'],
    });
  }

  /** What each kind of request arrived with, of those that arrived since. */
  function seenSince(start: number): readonly string[] {
    return [...new Set(arrivals.slice(start).map(({ of, what }) => `${of}: ${what}`))].sort();
  }

  /** Each kind of request was answered so often since now. */
  async function answeredMore(): Promise<void> {
    const marks = [...loads.values()].map((load) => ({ load, mark: load.mark() }));
    await until('each is answered', () => marks.every(({ load, mark }) => load.answered(mark) >= some));
  }

  /** Kong asks DNS for each of the names at each request, or for none any more. */
  async function namesAsked(isAsked: boolean): Promise<void> {
    const names = domains.map((domain) => reachedAs(domain).name).filter((name) => asked.includes(name));
    await until(`Kong goes by ${isAsked ? 'names' : 'upstreams'}`, async () => {
      const start = asked.length;
      await answeredMore();
      const since = new Set(asked.slice(start));
      return names.every((name) => since.has(name) === isAsked);
    });
  }

  const failed = () => [...loads].flatMap(([of, load]) => load.failures().map((what) => `${of}: ${what}`));

  async function run(expected: number, ...argv: readonly string[]): Promise<string> {
    const { exitCode, out, err } = await estate.run(...argv);
    expect({ exitCode, out, err }).toMatchObject({ exitCode: expected });
    return out;
  }

  /** What adopt asks for, once it waits for it. */
  async function putTags(): Promise<void> {
    const { adoptable }: AdoptView = JSON.parse(await run(2, 'adopt', '--json'));
    for (const [id, tags] of adoptable.flatMap((one) => Object.entries(one.tags))) estate.world.setTags(id, tags);
  }

  it('each kind of request arrives in one way before the adoption', async () => {
    const start = arrivals.length;
    await answeredMore();

    before = seenSince(start);
    expect(before).toHaveLength(loads.size);
    expect(failed()).toEqual([]);
  });

  it('Host, server name, method, path and body do not change during and after the adoption', async () => {
    const start = arrivals.length;
    await run(2, 'adopt', '--apply', '--yes');
    await putTags();
    await run(0, 'adopt', '--apply', '--yes');
    await namesAsked(false);
    expect({ seen: seenSince(start), failed: failed() }).toEqual({ seen: before, failed: [] });

    await run(0, 'diff');
    const after = arrivals.length;
    await answeredMore();
    expect({ seen: seenSince(after), failed: failed() }).toEqual({ seen: before, failed: [] });
  });

  it('Host, server name, method, path and body do not change during and after the release', async () => {
    const start = arrivals.length;
    for (const domain of domains) await run(0, 'adopt', '--release', domain, '--yes');
    await namesAsked(true);
    expect({ seen: seenSince(start), failed: failed() }).toEqual({ seen: before, failed: [] });

    const after = arrivals.length;
    await answeredMore();
    expect({ seen: seenSince(after), failed: failed() }).toEqual({ seen: before, failed: [] });
  });
}

function reachedBy(index: number, ips: readonly string[]): Reached {
  const nameOf = (zone: string) =>
    `vpce-0${index}111111111111111-abcdefgh${zone}.vpce-svc-0${index}aaaaaaaaaaaaaaa.${region}.vpce.amazonaws.com`;
  return { name: nameOf(''), zonal: [nameOf(`-${region}a`), nameOf(`-${region}b`)], ips };
}

function scopesOf(reached: readonly Reached[]) {
  const scope = { id: `hub.self.${region}`, source: 'hub', account: 'self', region };
  const endpoints = reached.map(({ name, zonal, ips }, index) => ({
    ...{ id: `vpce-0${index}111111111111111`, scope, allow: {}, tagKeys: defaultTagKeys, type: 'Interface' },
    ...{ state: 'available', dnsNames: [name, ...zonal] },
    addresses: ips.map((ip, zone) => ({ ip, region, zoneName: `${region}${'ab'[zone]}` })),
    tags: {},
  }));
  return [{ status: 'known', scope, endpoints }] as never;
}

/** A DNS zone that records the requested names. */
function zoneOf(reached: readonly Reached[], asked: string[]): Zone {
  const zone: Zone = new Map();
  for (const { name, zonal, ips } of reached) {
    zone.set(`A ${name}`, ips);
    for (const [index, one] of zonal.entries()) zone.set(`A ${one}`, ips.slice(index, index + 1));
  }
  const get = zone.get.bind(zone);
  zone.get = (key) => {
    asked.push(key.slice(key.indexOf(' ') + 1));
    return get(key);
  };
  return zone;
}

type Entity = Readonly<Record<string, unknown>>;
type Content = Readonly<Record<'upstreams' | 'services', readonly Entity[]>>;

function contentOf(written: ReadonlyMap<string, OnKong>): Content {
  return {
    upstreams: [...written.values()].flatMap(({ upstream }) => upstream ?? []),
    services: [...written].map(([name, { service }]) => ({
      ...{ name, retries: 0, ...service },
      routes: service.routes.map((one) => ({ name, protocols: ['http'], ...one })),
    })),
  };
}

const seeds: Readonly<Record<'admin' | 'dbless', (admin: string, content: Content) => Promise<void>>> = {
  dbless: (admin, content) => postConfig(admin, { _format_version: '3.0', ...content }),
  admin: async (admin, { upstreams, services }) => {
    for (const { targets, ...upstream } of upstreams) {
      await post(`${admin}/upstreams`, upstream);
      for (const one of targets as readonly Entity[]) await post(`${admin}/upstreams/${upstream.name}/targets`, one);
    }
    for (const { routes, ...service } of services) {
      await post(`${admin}/services`, service);
      for (const one of routes as readonly Entity[]) await post(`${admin}/services/${service.name}/routes`, one);
    }
  },
};

async function post(url: string, entity: Entity): Promise<void> {
  const headers = { 'content-type': 'application/json' };
  const { statusCode, body } = await request(url, { method: 'POST', headers, body: JSON.stringify(entity) });
  const said = await body.text();
  expect({ url, statusCode, said }).toMatchObject({ statusCode: 201 });
}
