import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { Agent, request } from 'undici';
import type { JsonObject } from '#core/model';
import { uuidOf } from '#core/uuid';
import type { HeldEntity } from '#deck/document';
import type { RoutedRequest } from '#sync/explain/routing/conditions';
import { findRoute } from '#sync/explain/routing/find-route';
import { startPlainKong } from '../../support/kong/plain-kong';
import { postConfig } from '../../support/kong/post-config';
import { describeWithKong, freePorts, type RealKong } from '../../support/kong/real-kong';
import { until } from '../../support/until';

/** What explain says of requests, beside what a real Kong does with them. */

type Fields = Readonly<Record<string, unknown>>;

const hosts = ['api.example.com', 'API.example.com', 'b.example.com', '*.example.com', 'api.*', 'api.example.com:8443'];
const paths = [
  ...['/', '/sd2', '/sd2/', '/sd2/orders', '/sd22', '/a b', '/~me', '/é', '/sd2%2Fx', '~/sd2$', '~/sd2', '~/sd2/\\d+$'],
  ...['~/(?<who>[a-z]+)/orders', '~/(?i)SD2', '~/sd2/orders', '~/a|/b', '~/sd[12]/.*', '~/$'],
];
const some = <T>(values: readonly T[], most = 3) => fc.uniqueArray(fc.constantFrom(...values), { maxLength: most });
const headerValues = ['v1', 'V1', 'v2', '~*^v[12]$', '~*V'];

const route: fc.Arbitrary<Fields> = fc.record({
  paths: fc.oneof({ weight: 5, arbitrary: some(paths, 4) }, { weight: 1, arbitrary: fc.constant([]) }),
  hosts: fc.oneof({ weight: 2, arbitrary: fc.constant([]) }, { weight: 1, arbitrary: some(hosts) }),
  methods: fc.oneof({ weight: 3, arbitrary: fc.constant([]) }, { weight: 1, arbitrary: some(['GET', 'POST']) }),
  headers: fc.oneof(
    { weight: 3, arbitrary: fc.constant({}) },
    {
      weight: 1,
      arbitrary: fc.dictionary(
        fc.constantFrom('x-version', 'X_Other'),
        fc.uniqueArray(fc.constantFrom(...headerValues), { minLength: 1, maxLength: 2 }),
        { maxKeys: 2 },
      ),
    },
  ),
  snis: fc.oneof({ weight: 6, arbitrary: fc.constant([]) }, { weight: 1, arbitrary: fc.constant(['sni.example.com']) }),
  regex_priority: fc.constantFrom(0, 0, 0, 1, 10),
});

const asked: fc.Arbitrary<RoutedRequest> = fc.record({
  method: fc.constantFrom('GET', 'GET', 'POST'),
  scheme: fc.constant('http' as const),
  host: fc.constantFrom('api.example.com', 'API.example.com', 'b.example.com', 'other.net'),
  port: fc.constantFrom(undefined, 8443),
  path: fc.constantFrom(
    ...['/', '/sd2', '/sd2?x=1', '/sd2/', '/sd2/orders', '/sd2/7', '/sd22', '/SD2', '/sd2/../sd1/x', '//sd2//orders'],
    ...['/a%20b', '/~me', '/%7Eme', '/%C3%A9', '/sd2%2fx', '/who/orders', '/b', '/a', '/sd1/./z', '/unknown', '/ab'],
  ),
  headers: fc.constantFrom(
    [],
    [['x-version', 'v1']],
    [
      ['X-Version', 'V2'],
      ['x-other', 'v1'],
    ],
  ) as fc.Arbitrary<RoutedRequest['headers']>,
});

/** Kong takes no route that matches on nothing. */
function isRoute(fields: Fields): boolean {
  return ['paths', 'hosts', 'methods', 'headers', 'snis'].some((name) => Object.keys(fields[name] ?? {}).length > 0);
}

/** Made of many, so that each configuration has many ties and near ties. */
const estates = fc.sample(fc.array(route.filter(isRoute), { minLength: 8, maxLength: 14 }), {
  numRuns: 12,
  seed: 20_261_130,
});
const requests = fc.sample(asked, { numRuns: 60, seed: 20_261_130 });

describeWithKong('the route that explain names', () => {
  let folder: string;
  let kong: RealKong;
  let ports: Awaited<ReturnType<typeof freePorts>>;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'kong-privatelink-'));
    ports = await freePorts();
    kong = await startPlainKong(join(folder, 'kong'), { ports });
  });

  afterAll(async () => {
    await kong?.close();
    await dispatcher.close();
    rmSync(folder, { recursive: true });
  });

  const dispatcher = new Agent();
  const nameOf = (body: string) => /"message":\s*"(route-\d+|marker-\d+)"/.exec(body)?.[1];

  async function takerOf({ method, host = '', port, path, headers }: RoutedRequest) {
    const given = { ...Object.fromEntries(headers), host: port === undefined ? host : `${host}:${port}` };
    // Not one connection for all: the worker of before closes those that it has.
    const options = { method, path, headers: given, reset: true, signal: AbortSignal.timeout(10_000) };
    const { body } = await dispatcher.request({ origin: `http://${kong.host}:${kong.port}`, ...options });
    return nameOf(await body.text());
  }

  async function configure(routes: readonly HeldEntity[], number: number): Promise<void> {
    const marker = { id: uuidOf(`marker ${number}`), name: `marker-${number}`, hosts: [`marker-${number}.test`] };
    const all: readonly JsonObject[] = [...routes.map(({ id, fields }) => ({ ...fields, id })), marker];
    const plugins = all.map(({ id = '', name = '' }) => ({
      ...{ name: 'request-termination', route: id, config: { status_code: 200, message: name } },
    }));
    const inKong = all.map((one) => ({ ...one, protocols: 'snis' in one ? ['http', 'https'] : ['http'] }));
    const content = { _format_version: '3.0', routes: inKong, plugins };
    // The worker of before may still hear of it, and takes nothing any more.
    await until('Kong takes the configuration', async () => {
      await postConfig(`http://127.0.0.1:${ports.admin}`, content);
      return true;
    });
    // Kong 3.9 fails to rebuild the former router over some of these routes, and keeps it. A new
    // worker starts without it.
    await kong.reload();
    await until(`configuration ${number} counts`, async () => {
      const headers = { host: `marker-${number}.test` };
      const { body } = await request(`http://${kong.host}:${kong.port}/`, { headers });
      return nameOf(await body.text()) === `marker-${number}`;
    });
  }

  it.each(estates.map((routes, number) => [number, routes] as const))(
    'is the route that Kong uses: routes %d',
    async (number, given) => {
      const routes = given.map((fields, index): HeldEntity => {
        const name = `route-${index}`;
        const own = Object.fromEntries(
          Object.entries(fields).filter(([, value]) => Object.keys(Object(value)).length > 0),
        );
        const id = uuidOf(`${number} ${name}`);
        const whole = { ...own, regex_priority: fields.regex_priority, name } as JsonObject;
        return { kind: 'route', key: name, domain: name, fields: whole, tags: [], id };
      });
      await configure(routes, number);
      const differing: unknown[] = [];
      let sure = 0;
      for (const one of requests) {
        const { taker, perhaps } = findRoute({ routes, services: [] }, one);
        const real = await takerOf(one);
        const isOpen = perhaps.some(({ route: { key } }) => key === real);
        if (perhaps.length === 0) sure += 1;
        if (taker?.route.key !== real && !isOpen)
          differing.push({ one, said: taker?.route.fields, real: routes.find(({ key }) => key === real)?.fields });
      }

      expect(differing.map((one) => JSON.stringify(one))).toEqual([]);
      expect(sure).toBeGreaterThan(requests.length / 4);
    },
  );
});
