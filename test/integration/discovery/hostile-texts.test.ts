import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { Address, Endpoint } from '#core/model';
import { serialiseSnapshot } from '#discovery/snapshot/file';
import { type DnsServer, startDnsServer } from '#sandbox/network/dns-server';
import { endpointOf, hubScope, knownScope } from '../../support/builders';
import { type Estate, gatewayAccount, openEstate, region } from '../../support/estate';

/**
 * Texts of strangers in Cloud Map, DNS, files and AWS's answers, tried through the commands. Such a
 * text costs its own endpoint alone.
 */

let estate: Estate;

beforeEach(async () => {
  estate = await openEstate();
  estate.addEndpoint('sd2', ['10.0.1.11']);
});

afterEach(() => estate.close());

/** Sources beside `hub`, one on each line. */
function configure(sources: readonly string[], more = '', hub = ''): void {
  const { aws, konnect } = estate;
  estate.configure(`owner: test
sources:
  - { name: hub, type: vpc-endpoints, regions: [${region}], endpoint: "${aws.url}"${hub} }
${sources.map((one) => `  - ${one}\n`).join('')}controlPlane: { type: konnect, address: "${konnect.url}", name: prod, token: "\${KONNECT_TOKEN}" }
${more}`);
}

const targets = () =>
  estate.konnect
    .entities('prod', 'targets')
    .map(({ target }) => String(target))
    .sort();

/**
 * Registers a Cloud Map service with these instances, each given by its attributes; returns the
 * line of its source.
 */
function registry(instances: readonly Readonly<Record<string, string>>[], over = ''): string {
  const { cloudMap } = estate.world;
  const { id: namespaceId } = cloudMap.createNamespace({ account: gatewayAccount, region, name: 'shared' });
  const { id: serviceId } = cloudMap.createHttpService({ namespaceId, name: 'employees' });
  for (const [index, attributes] of instances.entries())
    cloudMap.registerInstance({ serviceId, id: `one-${index}`, attributes });
  return `{ name: registry, type: cloud-map, regions: [${region}], namespace: shared, endpoint: "${estate.aws.url}"${over} }`;
}

const never = ['169.254.169.254', '169.254.170.2', '127.0.0.1', '0.0.0.0', '224.0.0.1'];

describe('fm-44 a forbidden target address', () => {
  it('in Cloud Map is quarantined with the fix, and the other addresses are served', async () => {
    const instances = never.map((AWS_INSTANCE_IPV4) => ({ AWS_INSTANCE_IPV4, AWS_INSTANCE_PORT: '8001' }));
    configure([registry([...instances, { AWS_INSTANCE_IPV6: 'fd00:ec2::254' }, { AWS_INSTANCE_IPV4: '10.0.2.1' }])]);

    const { exitCode, out } = await estate.run('sync');

    expect(exitCode).toBe(0);
    expect(targets()).toEqual(['10.0.1.11:80', '10.0.2.1:80']);
    for (const kind of ['metadata', 'loopback', 'unspecified', 'multicast'])
      expect(out).toMatch(
        new RegExp(`quarantined srv-\\S+ in registry\\S+, domain employees: has the ${kind} address.* Fix: `),
      );
  });

  it('in DNS and in the configuration is quarantined, and loopback needs an explicit grant', async () => {
    const dns: DnsServer = await startDnsServer();
    dns.zone.set('A good.corp', ['10.0.3.1']).set('SRV _http._tcp.corp', ['1 1 80 meta.corp', '1 1 80 self.corp']);
    dns.zone.set('A meta.corp', ['169.254.169.254']).set('A self.corp', ['127.0.0.1']);
    const names = '{ name: good.corp, domain: sd3 }, { name: _http._tcp.corp, domain: sd4 }';
    const fixed = (allow: string) =>
      `{ name: fixed, type: static, endpoints: [{ domain: sd5, addresses: ["127.0.0.9"] }, { domain: sd6, addresses: ["203.0.113.9"] }]${allow} }`;
    const dnsSource = `{ name: corp, type: dns, servers: ["${dns.address}"], names: [${names}] }`;
    configure([dnsSource, fixed('')]);

    const { exitCode, out } = await estate.run('sync');
    const refused = targets();
    configure([dnsSource, fixed(', allow: { addresses: ["127.0.0.0/8", "203.0.113.0/24"] }')]);
    const granted = await estate.run('sync');
    await dns.close();

    expect([exitCode, granted.exitCode]).toEqual([0, 0]);
    expect(refused).toEqual(['10.0.1.11:80', '10.0.3.1:80']);
    expect(targets()).toEqual(['10.0.1.11:80', '10.0.3.1:80', '127.0.0.9:80', '203.0.113.9:80']);
    expect(out).toContain('has the metadata address 169.254.169.254 (meta.corp), which is never a target');
    expect(out).toContain('has the public address 203.0.113.9, which allow.addresses of the source does not list');
    expect(out).toContain('set allow.addresses: ["203.0.113.9/32"] of the source');
  });

  it('in use leaves at once if it is metadata or the node, and once its grant ends', async () => {
    configure([], '', ', allow: { addresses: ["127.0.0.0/8"] }');
    estate.addEndpoint('sd7', ['127.0.0.1'], { tags: { 'kong:port': '8001' } });
    await estate.run('sync');
    const [upstream] = estate.konnect.entities('prod', 'upstreams').filter(({ name }) => name === 'sd2.privatelink');
    const tags = ['kong-privatelink', 'owner:test', 'scope:registry.self.us-east-1', 'srv-1.one'];
    estate.konnect.seed('prod', 'targets', {
      upstream: { id: upstream?.id ?? '' },
      target: '169.254.169.254:80',
      weight: 1,
      tags,
    });
    expect(targets()).toEqual(['10.0.1.11:80', '127.0.0.1:8001', '169.254.169.254:80']);

    configure([], 'policy: { mode: upsert-only }\n');
    const { exitCode, out } = await estate.run('sync');

    expect(exitCode).toBe(0);
    expect(targets()).toEqual(['10.0.1.11:80']);
    expect(out).toContain('the loopback address 127.0.0.1 may not be a target');
    expect(out).toContain('the metadata address 169.254.169.254 may not be a target');
  });

  it('cannot be granted, and the configuration error says so', async () => {
    configure([], '', ', allow: { addresses: ["169.254.0.0/16", "10.0.0.300/8", "127.0.0.1"] }');

    const { exitCode, err } = await estate.run('sync');

    expect(exitCode).toBe(1);
    expect(err).toContain('sources[0].allow.addresses[0]: a range of public or loopback addresses');
    expect(err).toContain('sources[0].allow.addresses[1]: a range of addresses, such as 203.0.113.0/24');
    expect(err).toContain('sources[0].allow.addresses[2]: a range of addresses');
  });
});

describe('fm-45 a text that is not an address', () => {
  const odd = ['fe80::1%eth0', '10.0.0.300'];

  it('in Cloud Map affects its own endpoint alone, in every command', async () => {
    configure([
      registry([...odd.map((AWS_INSTANCE_IPV6) => ({ AWS_INSTANCE_IPV6 })), { AWS_INSTANCE_IPV4: '10.0.2.1' }]),
    ]);

    for (const verb of ['discover', 'sync', 'diff', 'render', 'doctor']) {
      const { exitCode, out, err } = await estate.run(verb);

      expect({ verb, exitCode }).toEqual({ verb, exitCode: 0 });
      for (const text of verb === 'doctor' ? [] : odd) expect(out + err).toContain(`has the address "${text}"`);
    }
    expect(targets()).toEqual(['10.0.1.11:80', '10.0.2.1:80']);
  });

  it('of an interface affects its own endpoint alone', async () => {
    estate.addEndpoint('sd3', ['']);
    estate.addEndpoint('sd4', ['10.0.0.300']);

    const { exitCode, out } = await estate.run('sync');

    expect(exitCode).toBe(0);
    expect(targets()).toEqual(['10.0.1.11:80']);
    expect(out).toContain('domain sd4: has the address "10.0.0.300", but that is no IP address');
    expect(out).toMatch(/quarantined vpce-\w+ in hub.self.us-east-1.*(no address|has the address "")/);
  });

  it('in last good is left out, and the rest is used while AWS does not answer', async () => {
    configure([registry([{ AWS_INSTANCE_IPV4: '10.0.2.1' }])]);
    await estate.run('sync');
    const folder = join(estate.folder, '.kong-privatelink');
    for (const name of readdirSync(folder).filter((one) => one.startsWith('last-good'))) {
      const file = JSON.parse(readFileSync(join(folder, name), 'utf8'));
      const [state] = file.snapshot.scopes;
      const [endpoint] = state.discovered.endpoints;
      for (const [index, ip] of [...odd, '169.254.169.254'].entries())
        state.discovered.endpoints.push({ ...endpoint, id: `vpce-0${index}`, addresses: [{ ip, region }] });
      writeFileSync(join(folder, name), serialiseSnapshot(file.snapshot, 'test'));
    }
    estate.aws.inject({ kind: 'throttle' });

    for (const verb of ['sync', 'diff', 'render']) expect(await estate.run(verb)).toMatchObject({ exitCode: 0 });

    expect(targets()).toEqual(['10.0.1.11:80', '10.0.2.1:80']);
    expect((await estate.run('sync')).out).toContain('has the address "fe80::1%eth0", but that is no IP address');
  });
});

describe('fm-50 a snapshot field that no tag could have', () => {
  const template = `$\{{ env "DECK_KONNECT_TOKEN" }}`;
  const address: Address = { ip: '10.0.5.1', region };
  const westScope = { ...hubScope, id: 'west.self.us-west-2', source: 'west', region: 'us-west-2' };

  it('affects its own endpoint alone, and no template reaches a decK file', async () => {
    const odd: readonly Partial<Endpoint>[] = [
      { host: template },
      { host: 'a\r\nx-injected: b' },
      { paths: ['//x'] },
      { paths: [`/${template}`] },
      { id: 'vpce-a,b' },
      { id: 'owner:other' },
      { addresses: [{ ...address, ip: '169.254.169.254' }] },
    ];
    const bad = odd.map((one, index) => endpointOf({ id: `vpce-${index}`, domain: `bad${index}`, ...one }));
    const good = endpointOf({ id: 'vpce-0a1', domain: 'good', addresses: [address] });
    const taken = {
      takenAtMs: Date.now(),
      scopes: [{ ...knownScope([...bad, good], [], westScope), observedAtMs: Date.now() }],
    };
    writeFileSync(join(estate.folder, 'snapshot.json'), serialiseSnapshot(taken, 'test'));
    configure(['{ name: relay, type: snapshot, file: snapshot.json }']);

    const rendered = await estate.run('render');
    const synced = await estate.run('sync');

    expect([rendered.exitCode, synced.exitCode]).toEqual([0, 0]);
    expect(rendered.out).toContain('good.privatelink');
    expect(rendered.out).not.toContain('${{');
    expect(rendered.out).not.toContain('bad');
    expect(targets()).toEqual(['10.0.1.11:80', '10.0.5.1:80']);
    expect(synced.out.match(/^quarantined /gm)).toHaveLength(odd.length);
  });
});

describe('fm-49 zones that a stranger invents', () => {
  it('get no upstreams, and do not affect other domains', async () => {
    const instances = Array.from({ length: 100 }, (_, index) => ({
      AWS_INSTANCE_IPV4: `10.1.0.${index}`,
      'kong-privatelink:zone': index % 2 ? `use1-az${10 + index}` : `x${index}-az1`,
    }));
    configure([registry(instances)], 'affinity: weighted\n');

    const { exitCode } = await estate.run('sync');

    expect(exitCode).toBe(0);
    expect(targets()).toHaveLength(102);
    const upstreams = estate.konnect.entities('prod', 'upstreams').map(({ name }) => name);
    expect(upstreams.sort()).toEqual(['employees.privatelink', 'sd2.privatelink', 'use1-az1.sd2.privatelink']);
  });

  it('are limited to sixteen where AWS does not list its zones', async () => {
    const instances = Array.from({ length: 40 }, (_, index) => ({
      AWS_INSTANCE_IPV4: `10.1.0.${index}`,
      'kong-privatelink:zone': `use1-az${10 + index}`,
    }));
    estate.aws.inject({ kind: 'denied', action: 'DescribeAvailabilityZones' });
    configure([registry(instances)], 'affinity: weighted\n');

    const { exitCode } = await estate.run('sync');

    expect(exitCode).toBe(0);
    expect(targets()).toHaveLength(40 * 17 + 2);
  });
});
