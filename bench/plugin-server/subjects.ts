import { type ChildProcess, execFileSync, fork, spawn } from 'node:child_process';
import { once as onceEmitted } from 'node:events';
import { existsSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import type { Endpoint, Scope } from '#core/model';
import { lazy } from '#core/timing/lazy';
import { serialiseSnapshot } from '#discovery/snapshot/file';
import { createProtobufDriver } from '#sandbox/plugin-server/protobuf';
import { type PluginServerProgram, startPluginServer } from '#sandbox/plugin-server/server';
import { type Caller, openMsgpackCaller, openProtobufCaller } from './callers';

/** A plugin server that is running, and how to call it. */
export type Subject = { readonly open: () => Promise<Caller>; readonly close: () => Promise<void> };

/** The addresses of the endpoints. */
export type Place = { readonly port: number; readonly ip: (index: number, zone: number) => string };

/** Nobody sends anything there: the bench's own side takes the calls. */
const nowhere: Place = {
  port: 8080,
  ip: (index, zone) => `10.${zone}.${Math.floor(index / 250)}.${(index % 250) + 1}`,
};

const zoneIds = ['use1-az1', 'use1-az2', 'use1-az3'];
const owner = 'bench';

/**
 * Writes the configuration of a data plane with `endpoints` endpoints of sd2 from a snapshot.
 * Returns its path.
 */
export function writeConfig(folder: string, endpoints: number, place?: Place): string {
  writeSnapshot(folder, endpoints, { place });
  const path = join(folder, 'kong-privatelink.yaml');
  const allow = { addresses: ['127.0.0.0/8'] };
  const sources = [{ name: 'hub', type: 'snapshot', file: join(folder, 'snapshot.json'), allow }];
  writeFileSync(path, JSON.stringify({ owner, sources, controlPlane: {}, watch: { intervalSeconds: 1 } }));
  return path;
}

/** Replaces the snapshot; with another weight every route changes. */
export function writeSnapshot(
  folder: string,
  endpoints: number,
  { weight = 100, place = nowhere }: { readonly weight?: number; readonly place?: Place } = {},
): void {
  const scope: Scope = { id: 'hub.self.us-east-1', source: 'hub', account: 'self', region: 'us-east-1' };
  const discovered = {
    endpoints: Array.from({ length: endpoints }, (_, index) => endpointOf(index, scope, { weight, place })),
    quarantined: [],
  };
  const atMs = Date.now();
  const known = { status: 'known', scope, observedAtMs: atMs, discovered } as const;
  const path = join(folder, 'snapshot.json');
  writeFileSync(`${path}.new`, serialiseSnapshot({ takenAtMs: atMs, scopes: [known] }, owner));
  renameSync(`${path}.new`, path);
}

type Offer = { readonly weight: number; readonly place: Place };

function endpointOf(index: number, { id: scopeId, region }: Scope, { weight, place }: Offer): Endpoint {
  const addresses = zoneIds.map((zoneId, zone) => ({ ip: place.ip(index, zone), region, zoneId }));
  const claim = { domain: 'sd2', protocol: 'http', port: place.port, paths: [], grantedPaths: [], weight } as const;
  return {
    ...claim,
    id: `vpce-${index.toString(16).padStart(17, '0')}`,
    scopeId,
    state: 'available',
    createdAtMs: 1,
    dnsNames: [],
    addresses,
  };
}

const openers = {
  'kong-js-pluginserver': openMsgpackCaller,
  'kong-privatelink-pluginserver': openProtobufCaller,
} as const;

export type ClassOptions = {
  readonly program: PluginServerProgram;
  /** Folder of compiled entries, and the plugin's name there. */
  readonly entries: string;
  readonly name: string;
  readonly config?: string;
  readonly folder: string;
};

/** A server that runs a plugin class; returns when the plugin resolves. */
export async function startClass({ program, entries, name, config, folder }: ClassOptions): Promise<Subject> {
  const socketPath = join(folder, `${program}-${name}.sock`);
  const env: Readonly<Record<string, string>> = config
    ? { KONG_PRIVATELINK_CONFIG: config, KONG_PRIVATELINK_ZONE_ID: 'use1-az1' }
    : {};
  const server = await startPluginServer({ program, entriesDir: entries, socketPath, env, cwd: folder });
  const instanceId = await server.startInstance(name, { domain: 'sd2', mode: 'target', probe: 'none' });
  for (let calls = 0; calls !== 2; ) {
    calls = (await server.handleEvent(instanceId, 'access', async () => null)).length;
    if (calls !== 2) await wait(50);
  }
  return { open: () => openers[program](socketPath, instanceId), close: server.close };
}

/** The echo server. */
export async function startEcho(folder: string): Promise<Subject> {
  const socketPath = join(folder, 'echo.sock');
  rmSync(socketPath, { force: true });
  const child = fork(join(__dirname, 'echo-server.js'), [socketPath]);
  await onceEmitted(child, 'message');
  return { open: () => openProtobufCaller(socketPath, 0), close: () => stop(child) };
}

/** The program of the Go plugin, as it is now; undefined where Go is not installed. */
export const buildGo = lazy((): string | undefined => {
  const source = resolve(__dirname, '../../../bench/go-plugin');
  try {
    execFileSync('go', ['build', '-o', 'bin/constant', '.'], { cwd: source, stdio: 'inherit' });
  } catch {
    return undefined;
  }
  return join(source, 'bin/constant');
});

/** The Go plugin's own server; undefined where Go is not installed. */
export async function startGo(folder: string): Promise<Subject | undefined> {
  const program = buildGo();
  if (!program) return undefined;
  const socketPath = join(folder, 'constant.socket');
  rmSync(socketPath, { force: true });
  const child = spawn(program, ['-kong-prefix', folder], { stdio: 'inherit' });
  while (!existsSync(socketPath)) await wait(20);
  const driver = createProtobufDriver(socketPath);
  const instanceId = await driver.startInstance('constant', {});
  driver.close();
  return { open: () => openProtobufCaller(socketPath, instanceId), close: () => stop(child) };
}

async function stop(child: ChildProcess): Promise<void> {
  child.kill('SIGKILL');
  await onceEmitted(child, 'exit');
}
