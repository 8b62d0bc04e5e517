import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { configSchema } from '#config/schema';
import type { Endpoint } from '#core/model';
import { type DnsServer, startDnsServer } from '#sandbox/network/dns-server';
import type { Context } from '#sync/doctor/context';
import { checkNames } from '#sync/doctor/resolver-checks';
import { endpointOf, knownScope, snapshotOf } from '../../../support/builders';

const { signal } = new AbortController();
const name = '_http._tcp.sd2.privatelink.internal';

let server: DnsServer;
beforeEach(async () => {
  server = await startDnsServer();
});
afterEach(() => server.close());

function contextOf(over: object, endpoints: readonly Endpoint[] = [endpointOf()], listen = server.address): Context {
  const config = configSchema.parse({
    owner: 'test',
    sources: [{ type: 'vpc-endpoints', name: 'hub', regions: ['us-east-1'] }],
    controlPlane: { type: 'file', path: 'kong.yaml' },
    resolver: { listen },
    ...over,
  });
  return { config, snapshot: Promise.resolve(snapshotOf(knownScope(endpoints))) } as unknown as Context;
}

const check = (...context: Parameters<typeof contextOf>) => checkNames(contextOf(...context), signal);

describe("doctor's checks of the resolver", () => {
  it('do not run where no domain is via resolver', async () => {
    expect(await check({ domains: { sd2: { via: 'addresses' } } })).toEqual([]);
  });

  it.each([
    ['by default', { via: 'resolver' }],
    ['by its own setting', { domains: { sd2: { via: 'resolver' } } }],
  ])('name the settings of a data plane, and confirm that names resolve: %s', async (_, over) => {
    server.zone.set(`SRV ${name}`, ['1 100 80 10-0-1-11.sd2.privatelink.internal']);

    const [needs, warned, resolves, ...others] = await check(over);

    expect(needs).toMatchObject({ result: 'ok', detail: expect.stringContaining(`dns_resolver=${server.address}`) });
    expect(warned).toMatchObject({ result: 'warning', detail: expect.stringContaining('after up to 90 s') });
    expect(warned?.detail).toContain(`resolver_address=${server.address}`);
    expect(resolves).toEqual({
      result: 'ok',
      detail: `${server.address} resolves the names of all domains via resolver: 1`,
    });
    expect(others).toEqual([]);
  });

  it('name loopback where the resolver listens on all addresses', async () => {
    const port = server.address.replace(/^.*:/, '');
    const [needs, warned, ...asked] = await check({ via: 'resolver' }, [endpointOf()], `0.0.0.0:${port}`);

    expect(needs?.detail).toContain(`dns_resolver=127.0.0.1:${port}`);
    expect(warned?.detail).toContain(`resolver_address=127.0.0.1:${port}`);
    expect(asked).toMatchObject([{ detail: expect.stringMatching(/^127\.0\.0\.1:\d+ has no SRV record/) }]);
  });

  it('ask for no AAAA in dns_order, because addresses of IPv6 come as SRV too', async () => {
    const [needs] = await check({ via: 'resolver' }, [
      endpointOf({ addresses: [{ ip: 'fd00::1', region: 'us-east-1' }] }),
    ]);

    expect(needs?.detail).toMatch(/and SRV in dns_order \(the default\)$/);
  });

  it('warn of each unresolved name, with the question to ask on a data plane', async () => {
    server.zone.set('SRV _http._tcp.sd3.privatelink.internal', ['1 100 80 a.sd3.privatelink.internal']);
    const port = server.address.split(':')[1];

    const found = await check({ via: 'resolver' }, [endpointOf(), endpointOf({ id: 'vpce-3', domain: 'sd3' })]);

    expect(found.slice(2)).toEqual([
      {
        result: 'warning',
        detail: `${server.address} has no SRV record for ${name}; on a data plane, ask: dig @127.0.0.1 -p ${port} SRV ${name}`,
      },
    ]);
  });

  it('count the names beyond the first five', async () => {
    const many = Array.from({ length: 8 }, (_, index) => endpointOf({ id: `vpce-${index}`, domain: `d${index}` }));

    const found = await check({ via: 'resolver' }, many);

    expect(found.slice(2)).toHaveLength(6);
    expect(found.at(-1)?.detail).toContain('3 more names do not resolve');
  });

  it.each([
    ['answers SERVFAIL', 'SERVFAIL', 'cannot resolve'],
    ['does not have the name', undefined, 'has no SRV record'],
  ] as const)('warn of a resolver that %s', async (_, answer, words) => {
    if (answer) server.zone.set(`SRV ${name}`, answer);

    expect((await check({ via: 'resolver' })).at(-1)).toMatchObject({
      result: 'warning',
      detail: expect.stringContaining(words),
    });
  });

  it('warn, and do not fail, where the resolver is unreachable from here, and ask for one name alone', async () => {
    const { address } = server;
    await server.close();
    const [one, other] = [endpointOf(), endpointOf({ id: 'vpce-3', domain: 'sd3' })];

    const found = await check({ via: 'resolver' }, [one, other], address);
    server = await startDnsServer();

    expect(found.slice(2)).toHaveLength(1);
    expect(found.at(-1)).toMatchObject({
      result: 'warning',
      detail: expect.stringContaining('does not answer from here'),
    });
  });
});
