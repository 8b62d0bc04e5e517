import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:http2';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { request } from 'undici';
import type { Protocol, Via } from '#core/model';
import { upstreamName } from '#core/names';
import { factsOf } from '#core/protocols';
import { runCli } from '../../support/cli';
import { startPlainKong } from '../../support/kong/plain-kong';
import { describeWithKong, freePorts, type RealKong } from '../../support/kong/real-kong';
import { type DnsClient, dnsVariables } from '../../support/kong/ways/estate';
import { type Recorder, startRecorder } from '../../support/kong/ways/recorder';
import { startResolverProcess } from '../../support/kong/ways/resolver-process';
import { createAuthority } from '../../support/network/certificates';
import { until } from '../../support/until';

type Case = { readonly protocol: Protocol; readonly host?: string };

const cases: Readonly<Record<string, Case>> = {
  plain: { protocol: 'http' },
  named: { protocol: 'http', host: 'named.example.com' },
  secure: { protocol: 'https', host: 'secure.example.com' },
  rpc: { protocol: 'grpc' },
  namedrpc: { protocol: 'grpc', host: 'namedrpc.example.com' },
  securerpc: { protocol: 'grpcs', host: 'securerpc.example.com' },
};
const domains = Object.keys(cases);

describeWithKong('requests through a real Kong', () => {
  describe.each(['legacy', 'new'] as const)('with the %s DNS client', (client) => {
    const opened: (() => Promise<unknown>)[] = [];
    const recorders = new Map<string, Recorder>();
    let folder: string;
    let kong: RealKong;
    let grpcPort: number;
    let ports: Awaited<ReturnType<typeof freePorts>>;
    let listen: string;

    beforeAll(async () => {
      folder = mkdtempSync(join(tmpdir(), 'kong-privatelink-'));
      await startRecorders();
      const others = await freePorts();
      ports = await freePorts();
      listen = `127.0.0.1:${others.proxy}`;
      grpcPort = others.admin;
      configure('addresses');
      const resolver = await startResolverProcess(configPath(), 'use1-az1');
      opened.push(resolver.close);
      kong = await startKong(client);
      opened.push(kong.close);
    });

    afterAll(async () => {
      for (const close of opened.reverse()) await close();
      rmSync(folder, { recursive: true });
    });

    async function startRecorders(): Promise<void> {
      const certificate = createAuthority(folder).issue('provider', ['127.0.0.1']);
      for (const domain of domains) {
        const recorder = await startRecorder(cases[domain]?.protocol ?? 'http', certificate);
        recorders.set(domain, recorder);
        opened.push(recorder.close);
      }
    }

    const configPath = () => join(folder, 'kong-privatelink.yaml');

    /** JSON is YAML. */
    function configure(via: Via): void {
      const endpoints = domains.map((domain) => ({
        ...{ addresses: ['127.0.0.1'], domain, port: recorders.get(domain)?.port, ...cases[domain] },
        paths: [`/${domain}`],
      }));
      const source = { name: 'all', type: 'static', allow: { addresses: ['127.0.0.0/8'] }, endpoints };
      const controlPlane = { type: 'dbless', address: `http://127.0.0.1:${ports.admin}` };
      const resolver = { listen, forward: [] };
      writeFileSync(configPath(), JSON.stringify({ owner: 'test', sources: [source], controlPlane, via, resolver }));
    }

    function startKong(own: DnsClient): Promise<RealKong> {
      const proxy = `127.0.0.1:${ports.proxy}, 127.0.0.1:${grpcPort} http2`;
      const variables = { KONG_PROXY_LISTEN: proxy, ...dnsVariables[own](listen) };
      return startPlainKong(join(folder, 'plain'), { ports, variables });
    }

    /** The requests that each provider gets, once Kong has the domain's targets in this form. */
    async function seenVia(via: Via): Promise<Readonly<Record<string, unknown>>> {
      configure(via);
      const { exitCode, out, err } = await runCli(['sync', '-c', configPath()]);
      if (exitCode !== 0) throw new Error(`sync ended with ${exitCode}: ${out}${err}`);
      const seen: Record<string, unknown> = {};
      for (const domain of domains) {
        const isHostname = (target: string) => target.startsWith('_http._tcp.');
        await until(`Kong has ${domain} via ${via}`, async () => {
          const targets = await targetsOf(domain);
          return targets.length === 1 && targets.every((one) => isHostname(one) === (via === 'resolver'));
        });
        await until(`${domain} answers`, () => isAnswered(domain));
        seen[domain] = recorders.get(domain)?.seen.at(-1);
      }
      return seen;
    }

    async function targetsOf(domain: string): Promise<readonly string[]> {
      const { body } = await request(`http://127.0.0.1:${ports.admin}/upstreams/${upstreamName(domain)}/targets`);
      const { data } = (await body.json()) as { data: readonly { target: string }[] };
      return data.map(({ target }) => target);
    }

    async function isAnswered(domain: string): Promise<boolean> {
      if (factsOf(cases[domain]?.protocol ?? 'http').isGrpc) return (await callGrpc(grpcPort, domain)) === '0';
      const { statusCode, body } = await request(`http://${kong.host}:${kong.port}/${domain}/x`);
      await body.dump();
      return statusCode === 200;
    }

    it('arrive with the same Host, server name and port, by addresses and by the resolver', async () => {
      const byAddresses = await seenVia('addresses');
      const byResolver = await seenVia('resolver');

      expect(byResolver).toEqual(byAddresses);
      expect(byAddresses).toEqual(Object.fromEntries(domains.map((domain) => [domain, wantedOf(domain)])));
    });

    /**
     * The expected Host, in this test's own terms: Kong appends the port to the host of the domain,
     * or to the name of its upstream.
     */
    function wantedOf(domain: string) {
      const { protocol, host = `${domain}.privatelink` } = cases[domain] ?? { protocol: 'http' };
      const port = recorders.get(domain)?.port;
      return { host: `${host}:${port}`, serverName: factsOf(protocol).isTls ? host : undefined };
    }
  });
});

/** Calls a method without a message; gives `grpc-status`. */
async function callGrpc(port: number, domain: string): Promise<string | undefined> {
  const session = connect(`http://127.0.0.1:${port}`);
  try {
    return await new Promise((done, fail) => {
      session.once('error', fail);
      const stream = session.request({
        ...{ ':method': 'POST', ':path': `/${domain}/Get` },
        ...{ 'content-type': 'application/grpc', te: 'trailers' },
      });
      let status: unknown;
      stream.on('response', (headers) => {
        status = headers['grpc-status'];
      });
      stream.on('trailers', (trailers) => {
        status = trailers['grpc-status'];
      });
      stream.on('error', fail).on('close', () => done(status === undefined ? undefined : String(status)));
      stream.resume().end(Buffer.alloc(5));
    });
  } finally {
    session.destroy();
  }
}
