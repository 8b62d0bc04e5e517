import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createResolver } from '#discovery/providers/resolver';
import { type DnsServer, startDnsServer } from '#sandbox/network/dns-server';
import { type Estate, openEstate } from '../../support/estate';

let dns: DnsServer;

beforeEach(async () => {
  dns = await startDnsServer();
});

afterEach(() => dns.close());

describe('createResolver', () => {
  const signal = new AbortController().signal;

  it('reads A and AAAA with their time to live, and SRV', async () => {
    dns.zone.set('A api.corp', ['10.0.0.1', '10.0.0.2']).set('AAAA api.corp', ['fd00::1']);
    dns.zone.set('SRV _http._tcp.corp', ['1 5 8080 a.corp']);
    const resolver = createResolver([dns.address]);

    expect((await resolver.resolve4('api.corp', signal)).map(({ address }) => address).sort()).toEqual([
      '10.0.0.1',
      '10.0.0.2',
    ]);
    expect(await resolver.resolve6('api.corp', signal)).toEqual([{ address: 'fd00::1', ttlSeconds: 0 }]);
    expect(await resolver.resolveSrv('_http._tcp.corp', signal)).toMatchObject([
      { priority: 1, weight: 5, port: 8080, name: 'a.corp' },
    ]);
  });

  it('returns no record for a missing name (NXDOMAIN), or a missing kind (NODATA)', async () => {
    dns.zone.set('A api.corp', ['10.0.0.1']);
    const resolver = createResolver([dns.address]);

    expect(await resolver.resolve4('gone.corp', signal)).toEqual([]);
    expect(await resolver.resolve6('api.corp', signal)).toEqual([]);
  });

  it('rejects when the server fails (SERVFAIL)', async () => {
    dns.zone.set('A api.corp', 'SERVFAIL');

    await expect(createResolver([dns.address]).resolve4('api.corp', signal)).rejects.toMatchObject({
      code: 'ESERVFAIL',
    });
  });

  it('rejects with the reason of the signal when it is aborted', async () => {
    await dns.close();
    const stop = new AbortController();
    const asked = createResolver([dns.address]).resolve4('api.corp', stop.signal);
    stop.abort(new Error('stopped'));

    dns = await startDnsServer();
    await expect(asked).rejects.toThrow('stopped');
  });
});

describe('sync with a static and a dns source', () => {
  let estate: Estate;

  beforeEach(async () => {
    estate = await openEstate();
    estate.configure(`owner: test
sources:
  - { name: legacy, type: static, endpoints: [{ domain: sd9, port: 8080, addresses: [10.9.1.11, "fd00::9"] }] }
  - { name: corp, type: dns, servers: ["${dns.address}"], names: [{ name: api.corp, domain: sd8 }] }
controlPlane: { type: konnect, address: "${estate.konnect.url}", name: prod, token: "\${KONNECT_TOKEN}" }
`);
  });

  afterEach(() => estate.close());

  const targets = () =>
    estate.konnect
      .entities('prod', 'targets')
      .map(({ target }) => String(target))
      .sort();

  it('writes the addresses of both sources to Konnect, and keeps them while DNS is down', async () => {
    dns.zone.set('A api.corp', ['10.8.1.11']);
    const expected = ['10.8.1.11:80', '10.9.1.11:8080', '[fd00:0000:0000:0000:0000:0000:0000:0009]:8080'];

    const first = await estate.run('sync');
    const reached = targets();
    dns.zone.set('A api.corp', 'SERVFAIL');
    const second = await estate.run('sync');

    expect([first.exitCode, second.exitCode]).toEqual([0, 0]);
    expect(reached).toEqual(expected);
    expect(targets()).toEqual(expected);
    expect(second.out).toContain('api.corp (ESERVFAIL)');
  });
});
