import { execFile, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { z } from 'zod';
import { emptyConfOf, kongVariables, ownInstallation } from '#sandbox/kong-settings';
import { startCommand } from '#sandbox/plugin-server/server';
import { measureP50s, measureRate } from './callers';
import { freePort, host, openHttpCaller, untilServed } from './http';
import { buildGo, writeConfig } from './subjects';

export type KongSample = { readonly what: string; readonly p50Us: number; readonly perSecond: number };

export type KongBenchOptions = {
  readonly kong: string;
  readonly folder: string;
  readonly calls: number;
  readonly connections: number;
  readonly rateMs: number;
};

const run = promisify(execFile);
const ours = 'kong-privatelink-pluginserver';
const stock = 'kong-js-pluginserver';

/** A plugin server under Kong, with one plugin in use. */
type Server = {
  readonly what: string;
  readonly plugin: 'privatelink' | 'constant';
  readonly program: typeof ours | typeof stock;
  /** Variables beside those of the product's plugin under `program`. */
  readonly variables?: (prefix: string) => Readonly<Record<string, string>>;
};

/** The servers of the bench over the server's own socket. */
function servers(): readonly Server[] {
  const go = buildGo();
  return [
    { what: ours, plugin: 'privatelink', program: ours },
    { what: stock, plugin: 'privatelink', program: stock },
    { what: 'constant calls', plugin: 'constant', program: ours, variables: constantVariables },
    ...(go
      ? [{ what: 'Go plugin', plugin: 'constant', program: ours, variables: goVariables(go) } satisfies Server]
      : []),
  ];
}

function constantVariables(prefix: string): Readonly<Record<string, string>> {
  const socketPath = join(prefix, 'constant.sock');
  const entriesDir = join(__dirname, '../constant-entries');
  return serverVariables(socketPath, startCommand({ program: ours, entriesDir, socketPath, env: {} }).join(' '), {
    query: '--dump-all-plugins',
  });
}

function goVariables(program: string): Server['variables'] {
  return (prefix) =>
    serverVariables(join(prefix, 'constant.socket'), `${program} -kong-prefix ${prefix}`, { query: '-dump' });
}

function serverVariables(socketPath: string, command: string, { query }: { readonly query: string }) {
  return {
    KONG_PLUGINS: 'bundled,constant',
    KONG_PLUGINSERVER_JS_SOCKET: socketPath,
    KONG_PLUGINSERVER_JS_START_CMD: command,
    KONG_PLUGINSERVER_JS_QUERY_CMD: `${command} ${query}`,
  };
}

/**
 * The same requests through a real Kong: without a plugin, and with each server of the bench. One
 * worker each, DB-less.
 */
export async function measureThroughKong(options: KongBenchOptions): Promise<readonly KongSample[]> {
  const { calls, connections, rateMs } = options;
  const provider = fork(join(__dirname, 'provider-server.js'), [host]);
  const [told] = await once(provider, 'message');
  const { port } = z.object({ port: z.number() }).parse(told);
  const kongs = [];
  for (const server of servers()) kongs.push({ server, ...(await startKong(server, port, options)) });
  const [first] = kongs;
  const subjects = [
    ...(first ? [{ what: 'Kong without plugin', open: () => openHttpCaller(first.proxy, '/plain') }] : []),
    ...kongs.map(({ server, proxy }) => ({ what: `Kong, ${server.what}`, open: () => openHttpCaller(proxy, '/sd2') })),
  ];
  const p50s = await measureP50s(
    subjects.map((one) => one.open),
    // nginx ends a connection after 10,000 requests.
    { calls, warmUp: calls >> 2 },
  );
  const samples: KongSample[] = [];
  for (const [index, { what, open }] of subjects.entries()) {
    samples.push({ what, p50Us: p50s[index] ?? 0, perSecond: await measureRate(open, connections, rateMs) });
  }
  for (const { stop } of kongs) await stop();
  provider.kill('SIGKILL');
  return samples;
}

async function startKong({ what, plugin, program, variables }: Server, port: number, options: KongBenchOptions) {
  const { kong, folder } = options;
  const own = join(folder, what.replaceAll(' ', '-'));
  const prefix = join(own, 'kong');
  mkdirSync(prefix, { recursive: true });
  writeFileSync(emptyConfOf(prefix), '');
  const declared = join(own, 'declared.json');
  writeFileSync(declared, JSON.stringify(declarationOf(plugin, port)));
  const configPath = writeConfig(own, 1, { port, ip: () => host });
  const ports = { proxy: await freePort(), admin: await freePort() };
  const settings = { program, prefix, socketName: 'js.sock', ports, configPath, zoneId: 'use1-az1' };
  const env = {
    PATH: process.env.PATH,
    HOME: own,
    ...(process.getuid?.() === 0 ? { KONG_NGINX_USER: 'root root' } : {}),
    ...kongVariables({ ...settings, installation: ownInstallation }),
    ...variables?.(prefix),
    KONG_DECLARATIVE_CONFIG: declared,
  };
  await run(kong, ['start', '-c', emptyConfOf(prefix)], { env: { ...env, KONG_LOG_LEVEL: 'warn' }, timeout: 60_000 });
  await untilServed(ports.proxy, '/sd2');
  return { proxy: ports.proxy, stop: () => run(kong, ['stop', '-p', prefix], { env, timeout: 60_000 }) };
}

/** Nobody listens at the service's address: an answer proves that the plugin has set the target. */
function declarationOf(plugin: Server['plugin'], port: number) {
  const config = { privatelink: { domain: 'sd2', mode: 'target' }, constant: { port } }[plugin];
  const nowhere = { name: 'sd2', url: `http://${host}:1`, retries: 0, routes: [{ name: 'sd2', paths: ['/sd2'] }] };
  const plain = { name: 'plain', url: `http://${host}:${port}`, routes: [{ name: 'plain', paths: ['/plain'] }] };
  return {
    _format_version: '3.0',
    services: [{ ...nowhere, plugins: [{ name: plugin, config }] }, plain],
  };
}
