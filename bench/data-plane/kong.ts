import { type ChildProcess, execFile, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { z } from 'zod';
import { emptyConfOf, kongVariables, ownInstallation } from '#sandbox/kong-settings';
import { frameOf } from '#test/support/network/proxy-protocol';
import { freePort, host, untilServed } from '../plugin-server/http';
import { writeEstateOf } from './estate';
import { workerOf } from './process-cost';
import { startResolver } from './resolver-process';
import { caller, declarationOf, ownZone, type Place, ways, zoneIds } from './ways';

/** A load balancer's header for each connection. */
export const preamble = frameOf(caller);

const run = promisify(execFile);
const program = 'kong-privatelink-pluginserver';

/** A real Kong with one worker and a route for each way. */
export type WaysKong = {
  readonly port: number;
  /** Process of its worker. */
  readonly worker: number;
  readonly close: () => Promise<void>;
};

/**
 * Starts a provider, the resolver and Kong, which starts the plugin server. Returns when all routes
 * answer 200.
 */
export async function startWays(kong: string, folder: string): Promise<WaysKong> {
  const { provider, place } = await startProvider();
  const dnsPort = await freePort();
  const offers = (['resolver', 'server'] as const).map((domain) => ({ domain, ...place }));
  const configPath = writeEstateOf(folder, offers, `${host}:${dnsPort}`);
  const resolver = await startResolver({ configPath, zoneId: ownZone });
  const opened = [() => stop(provider), resolver.close];
  const close = async () => {
    for (const one of opened.reverse()) await one();
  };
  try {
    const started = await startKong(kong, { folder, place, configPath, dnsPort });
    opened.push(started.stop);
    for (const way of Object.keys(ways)) await untilServed(started.port, `/${way}`, preamble);
    return { port: started.port, worker: workerOf(started.master), close };
  } catch (thrown) {
    await close();
    throw thrown;
  }
}

async function startProvider(): Promise<{ readonly provider: ChildProcess; readonly place: Place }> {
  const addresses = zoneIds.map((_, zone) => `127.0.0.${zone + 1}`);
  const provider = fork(join(__dirname, '../plugin-server/provider-server.js'), addresses);
  const [told] = await once(provider, 'message');
  return { provider, place: { addresses, ...z.object({ port: z.number() }).parse(told) } };
}

type Setting = {
  readonly folder: string;
  readonly place: Place;
  readonly configPath: string;
  readonly dnsPort: number;
};

async function startKong(kong: string, { folder, place, configPath, dnsPort }: Setting) {
  const prefix = join(folder, 'kong');
  mkdirSync(prefix);
  writeFileSync(emptyConfOf(prefix), '');
  const declared = join(folder, 'declared.json');
  writeFileSync(declared, JSON.stringify(declarationOf(place)));
  const ports = { proxy: await freePort(), admin: await freePort() };
  const settings = { program, prefix, socketName: 'js.sock', ports, configPath, zoneId: ownZone } as const;
  const env = {
    PATH: process.env.PATH,
    HOME: folder,
    ...(process.getuid?.() === 0 ? { KONG_NGINX_USER: 'root root' } : {}),
    ...kongVariables({ ...settings, installation: ownInstallation }),
    // Even for ways without need of it: all ways share the listener.
    KONG_PROXY_LISTEN: `${host}:${ports.proxy} proxy_protocol`,
    KONG_LOG_LEVEL: 'warn',
    KONG_PLUGINS: 'bundled,privatelink,privatelink-zone,privatelink-callers',
    KONG_LUA_PACKAGE_PATH: `${ownInstallation.root}/plugin/lua/?.lua;;`,
    KONG_PRIVATELINK_ZONE_ID: ownZone,
    KONG_DNS_RESOLVER: `${host}:${dnsPort}`,
    KONG_DECLARATIVE_CONFIG: declared,
  };
  await run(kong, ['start', '-c', emptyConfOf(prefix)], { env, timeout: 60_000 });
  const stopKong = async () => void (await run(kong, ['stop', '-p', prefix], { env, timeout: 60_000 }));
  const master = Number(readFileSync(join(prefix, 'pids/nginx.pid'), 'utf8'));
  return { port: ports.proxy, master, stop: stopKong };
}

async function stop(child: ChildProcess): Promise<void> {
  const ended = once(child, 'exit');
  child.kill('SIGKILL');
  await ended;
}
