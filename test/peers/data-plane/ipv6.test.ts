import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { request } from 'undici';
import { serviceName, upstreamName } from '#core/names';
import { endpointOf } from '../../support/builders';
import { startPlainKong } from '../../support/kong/plain-kong';
import { describeWithKong, freePorts, type RealKong } from '../../support/kong/real-kong';
import {
  listeningAt,
  type ResolverProcess,
  spawnResolver,
  writeConfig,
  writeSnapshot,
} from '../../support/network/resolver';
import { until } from '../../support/until';

/** A domain with only IPv6 addresses, on a Kong whose `dns_order` has no AAAA, as by default. */

describeWithKong('a domain of IPv6 alone, via resolver, on a real Kong', () => {
  let folder: string;
  let provider: Server;
  let resolver: ResolverProcess;
  let listen: string;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'kong-privatelink-'));
    provider = createServer((_, response) => response.end('by IPv6'));
    await new Promise<void>((resolve) => provider.listen(0, '::1', resolve));
    const { port } = provider.address() as AddressInfo;
    writeSnapshot(join(folder, 'snapshot.json'), [
      endpointOf({ port, addresses: [{ ip: '::1', region: 'us-east-1' }] }),
    ]);
    const sources = [{ name: 'hub', type: 'snapshot', file: 'snapshot.json', allow: { addresses: ['::1/128'] } }];
    resolver = spawnResolver(['-c', writeConfig(folder, {}, { sources }), '--json']);
    listen = (await listeningAt(resolver)).address;
  });

  afterAll(async () => {
    resolver?.child.kill();
    await resolver?.ended;
    provider?.close();
    rmSync(folder, { recursive: true });
  });

  async function configure(admin: string): Promise<void> {
    const name = upstreamName('sd2');
    const targets = [{ target: `${serviceName('sd2', 'privatelink.internal')}:80` }];
    const body = {
      _format_version: '3.0',
      upstreams: [{ name, algorithm: 'round-robin', targets }],
      services: [{ name: 'sd2', host: name, routes: [{ name: 'sd2', paths: ['/sd2'] }] }],
    };
    const headers = { 'content-type': 'application/json' };
    const answer = await request(`${admin}/config`, { method: 'POST', headers, body: JSON.stringify(body) });
    expect([await answer.body.text(), answer.statusCode]).toEqual([expect.anything(), 201]);
  }

  it.each([
    ['legacy', () => ({ KONG_DNS_RESOLVER: listen })],
    ['new', () => ({ KONG_NEW_DNS_CLIENT: 'on', KONG_RESOLVER_ADDRESS: listen })],
  ] as const)('is reached with the %s DNS client', async (client, variables) => {
    const ports = await freePorts();
    const kong: RealKong = await startPlainKong(join(folder, client), { ports, variables: variables() });
    try {
      await configure(`http://127.0.0.1:${ports.admin}`);
      const ask = async () => (await request(`http://${kong.host}:${kong.port}/sd2`)).body.text();
      await until('a request arrives', async () => (await ask()) === 'by IPv6');

      expect([await ask(), await ask(), await ask()]).toEqual(['by IPv6', 'by IPv6', 'by IPv6']);
    } finally {
      await kong.close();
    }
  });
});
