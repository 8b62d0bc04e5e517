import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { rmSync } from 'node:fs';
import { connect } from 'node:net';
import { basename, dirname, join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { promisify } from 'node:util';
import { PrivatelinkError } from '#core/errors';
import type { PluginServerDriver } from './driver';
import { createMsgpackDriver } from './msgpack';
import { createProtobufDriver } from './protobuf';

/** Each program for the plugin's class, with its protocol. */
const drivers = {
  'kong-js-pluginserver': createMsgpackDriver,
  'kong-privatelink-pluginserver': createProtobufDriver,
} as const;

export type PluginServerProgram = keyof typeof drivers;

export type PluginServerOptions = {
  /** `installedProgram` when absent. */
  readonly program?: PluginServerProgram;
  /** Absolute path of the folder with the compiled entry files. */
  readonly entriesDir: string;
  readonly socketPath: string;
  /**
   * Variables of the start command. The child itself gets none, since nginx strips its environment.
   */
  readonly env: Variables;
  readonly cwd: string;
  /** Called with the reason when the server ends before it is closed. */
  readonly onExit?: (reason: string) => void;
};

type StartOptions = Pick<PluginServerOptions, 'program' | 'entriesDir' | 'socketPath' | 'env'>;

export type PluginServer = Omit<PluginServerDriver, 'close'> & {
  /** Last lines that the server wrote. */
  readonly log: () => string;
  readonly close: () => Promise<void>;
};

const startTimeoutMs = 60_000;
/**
 * Locations of the stock server: kong-pdk by the alias of this repository, and by its own name
 * beside the package.
 */
const stockServers = ['@kong/kong-pdk/bin/kong-js-pluginserver', 'kong-pdk/bin/kong-js-pluginserver'];
/** kong-pdk loads ts-node, which would read a tsconfig.json of the working directory. */
const stockVariables = { TS_NODE_SKIP_PROJECT: 'true' };
/** The sandbox leaves the machine alone, and the machine's metadata too. */
const withoutMetadata = { AWS_EC2_METADATA_DISABLED: 'true' };
/** Compiled, also when the sandbox itself runs from source. */
const ownServerPath = join(__dirname, __filename.endsWith('.ts') ? '../../dist' : '../..', 'plugin/server/main.js');

type Variables = Readonly<Record<string, string>>;

/**
 * Starts a plugin server as nginx does, with an empty environment, and waits until it accepts
 * connections. Throws PrivatelinkError with the server's last words when it fails.
 */
export async function startPluginServer(options: PluginServerOptions): Promise<PluginServer> {
  // The file of a killed server would look like a listener.
  rmSync(options.socketPath, { force: true });
  const running = spawnServer(options);
  try {
    await untilAccepting(running, options.socketPath);
  } catch (thrown) {
    await running.stop();
    throw thrown;
  }
  const driver = drivers[options.program ?? installedProgram()](options.socketPath);
  let isClosing = false;
  void running.ended.then((reason) => {
    if (!isClosing) options.onExit?.(`the plugin server ${reason}:\n${running.log()}`);
  });
  return {
    ...driver,
    log: running.log,
    close: async () => {
      isClosing = true;
      driver.close();
      await running.stop();
    },
  };
}

/** Returns the server's description of its plugins (--dump-all-plugins). */
export async function dumpPlugins(options: PluginServerOptions): Promise<unknown> {
  const [command = '', ...args] = [...startCommand(options), '--dump-all-plugins'];
  const { stdout } = await promisify(execFile)(command, args, { cwd: options.cwd, env: {}, timeout: startTimeoutMs });
  return JSON.parse(stdout);
}

/**
 * Returns the stock server where kong-pdk is installed (the package does not bring it), else ours.
 */
export function installedProgram(): PluginServerProgram {
  return stockServerPath() === undefined ? 'kong-privatelink-pluginserver' : 'kong-js-pluginserver';
}

function stockServerPath(): string | undefined {
  return stockServers.map(pathOf).find((path) => path !== undefined);
}

function pathOf(module: string): string | undefined {
  try {
    return require.resolve(module);
  } catch {
    return undefined;
  }
}

/** Returns the start command of the server. `env` sets its variables, since it inherits none. */
export function startCommand(options: StartOptions): readonly string[] {
  const { program = installedProgram(), entriesDir, socketPath, env } = options;
  const isOwn = program === 'kong-privatelink-pluginserver';
  const { flags, variables } = isOwn ? ownSettings(env) : { flags: [], variables: { ...env, ...stockVariables } };
  const assignments = Object.entries({ ...withoutMetadata, ...variables }).map(([name, value]) => `${name}=${value}`);
  const socket = ['--kong-prefix', dirname(socketPath), '--sock-name', basename(socketPath)];
  const file = (isOwn ? ownServerPath : stockServerPath()) ?? program;
  return ['/usr/bin/env', ...assignments, process.execPath, file, '-d', entriesDir, ...socket, ...flags];
}

/** Our server has flags for the variables of the stock server. */
function ownSettings({ KONG_PRIVATELINK_CONFIG: config, KONG_PRIVATELINK_ZONE_ID: zoneId, ...variables }: Variables) {
  const flags = [...(config ? ['--config', config] : []), ...(zoneId ? ['--zone-id', zoneId] : [])];
  return { flags, variables };
}

type Running = {
  /** The end of the server in words; never rejects. */
  readonly ended: Promise<string>;
  readonly log: () => string;
  readonly stop: () => Promise<void>;
};

function spawnServer(options: PluginServerOptions): Running {
  const [command = '', ...args] = startCommand(options);
  const child = spawn(command, args, { cwd: options.cwd, env: {}, stdio: ['ignore', 'pipe', 'pipe'] });
  const kill = () => child.kill('SIGKILL');
  process.once('exit', kill);
  const ended = new Promise<string>((resolve) => {
    child.once('error', (error) => resolve(`did not start: ${error.message}`));
    // Unlike `exit`, `close` comes after the last words.
    child.once('close', (code, signal) => resolve(`ended with ${signal ?? code}`));
  });
  return {
    ended,
    log: collectLog(child),
    stop: async () => {
      process.off('exit', kill);
      kill();
      await ended;
    },
  };
}

const keptLogCharacters = 4_000;

function collectLog(child: ChildProcess): () => string {
  let text = '';
  const keep = (chunk: Buffer) => {
    text = (text + chunk.toString()).slice(-keptLogCharacters);
  };
  child.stdout?.on('data', keep);
  child.stderr?.on('data', keep);
  return () => text;
}

async function untilAccepting({ ended, log }: Running, socketPath: string): Promise<void> {
  const untilMs = performance.now() + startTimeoutMs;
  while (!(await isAccepting(socketPath))) {
    const late =
      performance.now() > untilMs ? `did not listen on ${socketPath} within ${startTimeoutMs} ms` : undefined;
    const reason = (await Promise.race([ended, wait(20)])) ?? late;
    if (reason)
      throw new PrivatelinkError(`the plugin server ${reason}:\n${log()}`, { code: 'UNREACHABLE', fix: undefined });
  }
}

/** Whether somebody listens on the socket. */
export function isAccepting(socketPath: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(socketPath, () => {
      socket.end();
      resolve(true);
    });
    socket.on('error', () => resolve(false));
  });
}
