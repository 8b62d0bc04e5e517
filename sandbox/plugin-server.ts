import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
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

/** Starts the stock kong-js-pluginserver as nginx does, with an empty environment, and waits until it listens. */
export async function startPluginServer(options: PluginServerOptions): Promise<PluginServer> {
  const [command = '', ...args] = startCommand(options);
  const child = spawn(command, args, { cwd: options.cwd, env: {}, stdio: ['ignore', 'pipe', 'pipe'] });
  const killWithUs = () => child.kill('SIGKILL');
  process.once('exit', killWithUs);
  const log = collectLog(child);
  await untilListening(child, options.socketPath, log);
  const wire = createWire(options.socketPath);
  return {
    startInstance: (name, config) => startInstance(wire, name, config),
    handleEvent: (instanceId, phase, pdk) => handleEvent(wire, { InstanceId: instanceId, EventName: phase }, pdk),
    log,
    close: async () => {
      process.off('exit', killWithUs);
      wire.close();
      await stop(child);
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

async function untilListening(child: ChildProcess, socketPath: string, log: () => string): Promise<void> {
  const untilMs = Date.now() + startTimeoutMs;
  while (!existsSync(socketPath)) {
    if (child.exitCode !== null || Date.now() > untilMs) {
      child.kill('SIGKILL');
      const words =
        child.exitCode === null
          ? `did not listen on ${socketPath} within ${startTimeoutMs} ms`
          : `ended with ${child.exitCode}`;
      throw new PrivatelinkError(`the plugin server ${words}:\n${log()}`, { code: 'UNREACHABLE', transient: false });
    }
    await wait(20);
  }
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

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGKILL');
  await ended;
}
