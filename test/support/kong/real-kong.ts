import { execFile, spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { GenericContainer } from 'testcontainers';
import { request } from 'undici';
import {
  emptyConfOf,
  errorLogOf,
  type Installation,
  type KongPorts,
  killScript,
  kongVariables,
  ownInstallation,
} from '#sandbox/kong-settings';
import { listenTogether } from '#sandbox/network/loopback';
import { isAccepting, type PluginServerProgram } from '#sandbox/plugin-server/server';
import { describeUnlessLacking } from '../needing';
import { until } from '../until';

const run = promisify(execFile);

export type RealKong = {
  readonly host: string;
  /** Of the proxy. */
  readonly port: number;
  /** For load balancers that speak PROXY protocol; absent: there is no such port. */
  readonly proxiedPort?: number;
  /** Ends what serves requests as the kernel does when memory runs out, or stops it. */
  killPluginServer(signal?: 'KILL' | 'STOP'): Promise<void>;
  /** Replaces the worker of nginx, as `kong reload` does. */
  reload(): Promise<void>;
  /** Runs `kong reload` with these variables, as one may hope that they count from then on. */
  reloadWith(variables: Readonly<Record<string, string>>): Promise<void>;
  /** What Kong and the plugin server have logged. */
  log(): Promise<string>;
  close(): Promise<void>;
};

export type RealKongOptions = {
  readonly program: PluginServerProgram;
  /** Files of this Kong; the configuration and the credentials are in it too. */
  readonly folder: string;
  readonly configPath: string;
  readonly credentialsPath: string;
  readonly zoneId: string;
  readonly ports: KongPorts;
  /** File descriptors that the plugin server may have. */
  readonly descriptors?: number;
  /** A plugin server that the caller runs beside Kong; absent: Kong starts one of its own. */
  readonly sidecar?: Sidecar;
  /** More of Kong's configuration. */
  readonly variables?: Variables;
};

type Variables = Readonly<Record<string, string>>;

export type Sidecar = {
  readonly socketPath: string;
  /** File with what the server says of its plugins when asked with --dump-all-plugins. */
  readonly dumpPath: string;
};

/**
 * Runs Kong: an executable, or a container on the host's network with the folder under the same
 * path.
 */
type Runner = {
  readonly installation: Installation;
  readonly start: (start: Start) => Promise<Running>;
};
type Start = {
  readonly prefix: string;
  readonly variables: Variables;
  readonly folder: string;
};
type Running = {
  readonly run: (script: string) => Promise<unknown>;
  readonly stop: () => Promise<unknown>;
};

const startTimeoutMs = 60_000;
const engineTimeoutMs = 5_000;

/** A suite that runs where there is a Kong, and says elsewhere how to get one. */
export function describeWithKong(name: string, suite: () => void): void {
  const runner = findRunner();
  const lacking =
    'there is no Kong. To run it: set KONG_BIN to a kong 3.x executable, or start a Docker engine on this Linux machine (kong:3.9 is pulled)';
  describeUnlessLacking(runner ? undefined : lacking, name, suite);
}

/** Starts Kong and waits until it answers. Rejects with the end of its log when it does not. */
export async function startRealKong(options: RealKongOptions): Promise<RealKong> {
  const runner = findRunner();
  if (!runner) throw new Error('there is no Kong');
  const { folder, credentialsPath, ports, sidecar } = options;
  const prefix = join(folder, 'kong');
  const socketName = `privatelink-${ports.proxy}-${process.pid}.sock`;
  const settings = kongVariables({ ...options, prefix, socketName, ports, installation: runner.installation });
  const variables = {
    ...(sidecar ? besideSidecar(settings, sidecar) : settings),
    AWS_SHARED_CREDENTIALS_FILE: credentialsPath,
    ...options.variables,
  };
  writeFileSync(emptyConfOf(prefix), '');
  const log = () => readFile(errorLogOf(prefix), 'utf8').catch(() => '');
  const running = await runner.start({ prefix, variables, folder });
  const admin = `http://127.0.0.1:${ports.admin}`;
  try {
    await until('Kong answers', () => isAnswering(`${admin}/status`));
    if (!sidecar) await until('the plugin server listens', () => isAccepting(join(prefix, socketName)));
  } catch (cause) {
    await running.stop();
    throw new Error(`Kong did not start:\n${(await log()).slice(-4_000)}`, { cause });
  }
  return {
    ...{ host: '127.0.0.1', port: ports.proxy, proxiedPort: ports.proxied },
    killPluginServer: async (signal = 'KILL') =>
      void (await running.run(killScript(options.program, socketName, signal))),
    reload: async () => void (await running.run(`kill -HUP "$(cat ${join(prefix, 'pids/nginx.pid')})"`)),
    reloadWith: async (more) => {
      const words = Object.entries(more).map(([name, value]) => `${name}=${value}`);
      await running.run(`${words.join(' ')} "\${KONG_BIN:-kong}" reload -c ${emptyConfOf(prefix)} -p ${prefix}`);
    },
    log,
    close: async () => void (await running.stop()),
  };
}

/**
 * Without a start command Kong starts no plugin server. With an empty one, Kong itself does not
 * start.
 */
function besideSidecar(variables: Variables, { socketPath, dumpPath }: Sidecar): Variables {
  const { KONG_PLUGINSERVER_JS_START_CMD: _, ...others } = variables;
  return {
    ...others,
    KONG_PLUGINSERVER_JS_SOCKET: socketPath,
    KONG_PLUGINSERVER_JS_QUERY_CMD: `cat ${dumpPath}`,
  };
}

async function isAnswering(url: string): Promise<boolean> {
  const { statusCode, body } = await request(url, { signal: AbortSignal.timeout(1_000) });
  await body.dump();
  return statusCode === 200;
}

/** Two ports that nobody has at the moment. */
export async function freePorts(): Promise<KongPorts> {
  return { proxy: await freePort(), admin: await freePort() };
}

/** A port that nobody has at the moment. */
export async function freePort(): Promise<number> {
  const { port, close } = await listenTogether(['127.0.0.1'], () => createServer());
  await close();
  return port;
}

/** `KONG_BIN` wins; asking a Docker engine that is not there takes a moment. */
function findRunner(): Runner | undefined {
  const { KONG_BIN } = process.env;
  if (KONG_BIN) return executable(KONG_BIN);
  const { status } = spawnSync('docker', ['version', '--format', '{{.Server.Version}}'], { timeout: engineTimeoutMs });
  return status === 0 && process.platform === 'linux' ? container : undefined;
}

function executable(kong: string): Runner {
  const start = async ({ prefix, variables }: Start) => {
    const env = { PATH: process.env.PATH, HOME: process.env.HOME, ...userOf(), ...variables };
    await run(kong, ['start', '-c', emptyConfOf(prefix)], { env, timeout: startTimeoutMs });
    const master = Number(readFileSync(join(prefix, 'pids/nginx.pid'), 'utf8'));
    const kill = () => process.kill(master, 'SIGTERM');
    process.once('exit', kill);
    return {
      run: (script: string) => run('sh', ['-c', script], { timeout: engineTimeoutMs }),
      stop: () => {
        process.off('exit', kill);
        return run(kong, ['stop', '-p', prefix], { env, timeout: startTimeoutMs });
      },
    };
  };
  return { installation: ownInstallation, start };
}

/** nginx started by root gives its workers to another user, who could not read the folder. */
function userOf(): Variables {
  return process.getuid?.() === 0 ? { KONG_NGINX_USER: 'root root' } : {};
}

const container: Runner = {
  installation: { root: '/opt/kong-privatelink', node: 'node' },
  start: async ({ prefix, variables, folder }) => {
    const image = await GenericContainer.fromDockerfile(ownInstallation.root, 'plugin/Dockerfile').build(
      'kong-privatelink-data-plane:test',
      { deleteOnExit: false },
    );
    const started = await image
      .withNetworkMode('host')
      .withUser(`${process.getuid?.()}:${process.getgid?.()}`)
      .withBindMounts([{ source: folder, target: folder, mode: 'rw' }])
      .withEnvironment({ ...userOf(), ...variables, KONG_NGINX_DAEMON: 'off' })
      .withCommand(['kong', 'start', '-c', emptyConfOf(prefix)])
      .start();
    return { run: (script) => started.exec(['sh', '-c', script]), stop: () => started.stop() };
  },
};
