import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { rmSync } from 'node:fs';
import { connect } from 'node:net';
import { basename, dirname } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { promisify } from 'node:util';
import { z } from 'zod';
import { PrivatelinkError } from '../core/errors';
import type { JsonObject } from '../core/model';
import { createWire, type Wire } from './plugin-server-wire';

export type PluginServerOptions = {
  /** Absolute path of the folder with the compiled entry files. */
  readonly entriesDir: string;
  readonly socketPath: string;
  /** Variables that the start command sets; the child itself gets none, since nginx strips its environment. */
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
  /** Called with the reason when the server ends before it is closed. */
  readonly onExit?: (reason: string) => void;
};

/** One PDK call of the plugin, as it stood on the wire. */
export type PdkCall = { readonly method: string; readonly args: readonly unknown[] };

export type Pdk = (method: string, args: readonly unknown[]) => Promise<unknown>;

export type PluginServer = {
  /** Gives the id of the instance; ids start at 0. */
  readonly startInstance: (name: string, config: JsonObject) => Promise<number>;
  /** Runs a phase; `pdk` answers the plugin's calls. Gives the calls. */
  readonly handleEvent: (instanceId: number, phase: string, pdk: Pdk) => Promise<readonly PdkCall[]>;
  /** Last lines that the server wrote. */
  readonly log: () => string;
  readonly close: () => Promise<void>;
};

const startTimeoutMs = 10_000;

/**
 * Starts the stock kong-js-pluginserver as nginx does, with an empty environment, and waits until it accepts connections.
 * Throws PrivatelinkError with the server's last words when it does not.
 */
export async function startPluginServer(options: PluginServerOptions): Promise<PluginServer> {
  // Left behind by a server that was killed, the file would look like one that listens.
  rmSync(options.socketPath, { force: true });
  const running = spawnServer(options);
  try {
    await untilAccepting(running, options.socketPath);
  } catch (thrown) {
    await running.stop();
    throw thrown;
  }
  const wire = createWire(options.socketPath);
  let isClosing = false;
  void running.ended.then((reason) => {
    if (!isClosing) options.onExit?.(`the plugin server ${reason}:\n${running.log()}`);
  });
  return {
    startInstance: (name, config) => startInstance(wire, name, config),
    handleEvent: (instanceId, phase, pdk) => handleEvent(wire, { InstanceId: instanceId, EventName: phase }, pdk),
    log: running.log,
    close: async () => {
      isClosing = true;
      wire.close();
      await running.stop();
    },
  };
}

/** What the server says of its plugins when asked with --dump-all-plugins. */
export async function dumpPlugins(options: PluginServerOptions): Promise<unknown> {
  const [command = '', ...args] = [...startCommand(options), '--dump-all-plugins'];
  const { stdout } = await promisify(execFile)(command, args, { cwd: options.cwd, env: {}, timeout: startTimeoutMs });
  return JSON.parse(stdout);
}

function startCommand({ entriesDir, socketPath, env }: PluginServerOptions): readonly string[] {
  const server = require.resolve('@kong/kong-pdk/bin/kong-js-pluginserver');
  // kong-pdk loads ts-node, which would read a tsconfig.json of the working directory.
  const variables = Object.entries({ ...env, TS_NODE_SKIP_PROJECT: 'true' }).map(([name, value]) => `${name}=${value}`);
  const socket = ['--kong-prefix', dirname(socketPath), '--sock-name', basename(socketPath)];
  return ['/usr/bin/env', ...variables, process.execPath, server, '-d', entriesDir, ...socket];
}

type Running = {
  /** How the server ended; never rejects. */
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
  const untilMs = Date.now() + startTimeoutMs;
  while (!(await isAccepting(socketPath))) {
    const late = Date.now() > untilMs ? `did not listen on ${socketPath} within ${startTimeoutMs} ms` : undefined;
    const reason = (await Promise.race([ended, wait(20)])) ?? late;
    if (reason)
      throw new PrivatelinkError(`the plugin server ${reason}:\n${log()}`, { code: 'UNREACHABLE', transient: false });
  }
}

function isAccepting(socketPath: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(socketPath, () => {
      socket.end();
      resolve(true);
    });
    socket.on('error', () => resolve(false));
  });
}

const instanceSchema = z.object({ Id: z.number() });

async function startInstance({ call }: Wire, name: string, config: JsonObject): Promise<number> {
  return instanceSchema.parse(await call('StartInstance', { Name: name, Config: JSON.stringify(config) })).Id;
}

const stepSchema = z.object({
  EventId: z.number(),
  Data: z.union([z.literal('ret'), z.object({ Method: z.string(), Args: z.array(z.unknown()) })]),
});

async function handleEvent({ call }: Wire, event: object, pdk: Pdk): Promise<readonly PdkCall[]> {
  const calls: PdkCall[] = [];
  let step = stepSchema.parse(await call('HandleEvent', event));
  while (step.Data !== 'ret') {
    const { Method: method, Args: args } = step.Data;
    calls.push({ method, args });
    const { EventId } = step;
    const answer = await pdk(method, args).then(
      (value) => ({ method: 'Step', value: value ?? null }),
      (thrown: unknown) => ({ method: 'StepError', value: String(thrown) }),
    );
    // In Kong the request ends inside this call, and nobody asks the server for more.
    if (method === 'kong.response.exit') break;
    step = stepSchema.parse(await call(answer.method, { EventId, Data: answer.value }));
  }
  return calls;
}
