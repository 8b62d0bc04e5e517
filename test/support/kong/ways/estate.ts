import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { credentialsText } from '#sandbox/configuration';
import { type KongPorts, ownInstallation } from '#sandbox/kong-settings';
import { type Estate, gatewayAccount, openEstate, region } from '../../estate';
import { builtCli } from '../../sandbox';
import { startWorkerProcess } from '../../watch/process';
import { type Load, startLoad } from '../load';
import { freePorts, type RealKong, startRealKong } from '../real-kong';
import { type Addressed, startAddresses } from './addresses';
import { type ResolverProcess, startResolverProcess } from './resolver-process';

/** How requests find their address; each has a domain of its name. */
export const ways = ['alone', 'resolver', 'zone', 'server'] as const;
export type Way = (typeof ways)[number];

/** One more domain, by the resolver, that nobody calls. */
export const leaving = 'leaving';

export type WaysEstate = {
  readonly estate: Estate;
  readonly kong: RealKong;
  readonly resolver: ResolverProcess;
  readonly addressed: Addressed;
  /** Ids of a domain's two endpoints. */
  readonly endpoints: Readonly<Record<string, readonly [string, string]>>;
  readonly loads: Readonly<Record<Way, Load>>;
  /**
   * Runs `retire` in its own process, so that providers here go on answering. Returns whether it
   * ended with 0.
   */
  readonly retire: (domain: string) => Promise<boolean>;
  readonly close: () => Promise<void>;
};

/** Which of Kong's two DNS clients asks the resolver. */
export type DnsClient = 'legacy' | 'new';

const zoneId = 'use1-az1';
const path = '/x';
/** How often AWS is asked, by all processes, and what is behind addresses, by those that probe. */
export const intervalSeconds = 1;
const probeSeconds = 1;

/**
 * A real Kong without a database that a worker keeps, and the four ways behind it, each under load.
 */
export async function openWays(client: DnsClient): Promise<WaysEstate> {
  const opened: (() => Promise<unknown>)[] = [];
  const close = async () => {
    for (const one of opened.reverse()) await one();
  };
  try {
    return { ...(await open(client, opened)), close };
  } catch (thrown) {
    // What a test started, and cannot be handed, nobody else would stop.
    await close();
    throw thrown;
  }
}

async function open(client: DnsClient, opened: (() => Promise<unknown>)[]): Promise<Omit<WaysEstate, 'close'>> {
  const estate = await openEstate([]);
  opened.push(estate.close);
  const addressed = await startAddresses([...ways, leaving], path);
  opened.push(addressed.close);
  const endpoints = Object.fromEntries(
    [...ways, leaving].map((domain) => [domain, addEndpoints(estate, addressed, domain)]),
  );
  const [ports, { proxy: dnsPort }] = [await freePorts(), await freePorts()];
  const listen = `127.0.0.1:${dnsPort}`;
  estate.configure(configurationOf(estate, { admin: `http://127.0.0.1:${ports.admin}`, listen }));
  const resolver = await startResolverProcess(join(estate.folder, configName), zoneId);
  opened.push(resolver.close);
  const kong = await startKong(estate, { ports, variables: { ...withZonePlugin, ...dnsVariables[client](listen) } });
  opened.push(kong.close);
  const worker = startWorkerProcess(estate);
  opened.push(worker.close);
  await worker.until('pass ended');
  const loadOf = (way: Way) => startLoad(`http://${kong.host}:${kong.port}/${way}${path}`);
  const loads = {
    alone: loadOf('alone'),
    resolver: loadOf('resolver'),
    zone: loadOf('zone'),
    server: loadOf('server'),
  };
  opened.push(() => Promise.all(ways.map((way) => loads[way].close())));
  const retire = (domain: string) => runRetire(join(estate.folder, configName), domain);
  return { estate, kong, resolver, addressed, endpoints, loads, retire };
}

function runRetire(configPath: string, domain: string): Promise<boolean> {
  const argv = [builtCli, 'retire', domain, '--yes', '-c', configPath];
  return promisify(execFile)(process.execPath, argv, { env: process.env }).then(
    () => true,
    () => false,
  );
}

/** Two endpoints of a domain; gives their ids. */
function addEndpoints(estate: Estate, { of, port }: Addressed, domain: string): readonly [string, string] {
  const { first, second } = of(domain);
  const tags = { 'kong:port': String(port) };
  return [estate.addEndpoint(domain, first, { tags }), estate.addEndpoint(domain, second, { tags })];
}

const configName = 'kong-privatelink.yaml';

/** All processes read the same file; JSON is YAML. */
function configurationOf(
  { aws }: Estate,
  { admin, listen }: { readonly admin: string; readonly listen: string },
): string {
  const hub = { name: 'hub', type: 'vpc-endpoints', regions: [region], endpoint: aws.url };
  const server = { domain: 'server', mode: 'target', probe_interval_seconds: probeSeconds };
  return JSON.stringify({
    owner: 'test',
    sources: [{ ...hub, allow: { addresses: ['127.0.0.0/8'] } }],
    controlPlane: { type: 'dbless', address: admin },
    affinity: 'weighted',
    domains: {
      resolver: { via: 'resolver' },
      leaving: { via: 'resolver' },
      zone: { plugins: [{ name: 'privatelink-zone', config: { domain: 'zone' } }] },
      server: { plugins: [{ name: 'privatelink', config: server }] },
    },
    // What happens to one domain happens to all at once here.
    policy: { maxRemovePercent: 100 },
    watch: { intervalSeconds, listen: '127.0.0.1:0' },
    resolver: { listen, probe: { intervalSeconds: probeSeconds } },
  });
}

type KongSetting = { readonly ports: KongPorts; readonly variables: Readonly<Record<string, string>> };

function startKong({ folder }: Estate, setting: KongSetting): Promise<RealKong> {
  const credentialsPath = join(folder, 'aws-credentials');
  writeFileSync(credentialsPath, credentialsText({ gateway: gatewayAccount }), { mode: 0o600 });
  const files = { folder, configPath: join(folder, configName), credentialsPath };
  return startRealKong({ program: 'kong-privatelink-pluginserver', ...files, zoneId, ...setting });
}

const withZonePlugin = {
  KONG_PLUGINS: 'bundled,privatelink,privatelink-zone',
  KONG_LUA_PACKAGE_PATH: `${ownInstallation.root}/plugin/lua/?.lua;;`,
  KONG_PRIVATELINK_ZONE_ID: zoneId,
};

export const dnsVariables: Readonly<Record<DnsClient, (listen: string) => Readonly<Record<string, string>>>> = {
  legacy: (listen) => ({ KONG_DNS_RESOLVER: listen }),
  new: (listen) => ({ KONG_NEW_DNS_CLIENT: 'on', KONG_RESOLVER_ADDRESS: listen }),
};
