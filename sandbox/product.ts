import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { Fault } from './aws/faults';
import { type AwsServer, startAws } from './aws/server';
import type { AwsWorld } from './aws/world/world';
import { controlPlaneName, openFiles, type Setting, textOfOne, token } from './configuration';
import { type Gateway, startGateway } from './gateway/gateway';
import { createPluginRunner } from './gateway/plugin-runner';
import type { Hop } from './gateway/proxy/proxy';
import { type Konnect, startKonnect } from './konnect/konnect';
import { openAll } from './opened';
import { type PluginServer, startPluginServer } from './plugin-server/server';
import { entriesDir, runCli } from './run-cli';
import { until } from './until';

/**
 * The product as users run it: a configuration file, the command line as a process, the plugin
 * under the stock server.
 */
export type Product = {
  readonly gateway: Gateway;
  readonly configPath: string;
  /** Variables of the commands. */
  readonly env: Readonly<Record<string, string>>;
  /**
   * Runs a verb with `--json`, and returns its output. Throws PrivatelinkError when the exit code
   * is not `expected`.
   */
  run(verb: 'contracts' | 'discover' | 'sync'): Promise<unknown>;
  /**
   * Runs `sync` during a fault of AWS, with one try for each call. Returns the report even for exit
   * code 1. `awsUrl`: AWS's supposed address.
   */
  syncInTrouble(awsUrl?: string): Promise<unknown>;
  /** Injects a fault into calls to AWS. Returns a function that ends it. */
  inject(fault: Fault): () => void;
  /**
   * Waits until the data plane runs the control plane's configuration, and its plugin has
   * discovered again.
   */
  settle(): Promise<void>;
  close(): Promise<void>;
};

export type ProductOptions = {
  readonly world: AwsWorld;
  readonly setting: Setting;
  readonly onHop: (hop: Hop) => void;
  /** Stops commands and waits. */
  readonly signal: AbortSignal;
};

/**
 * Starts AWS, Konnect, the plugin server and the gateway on loopback, before the first
 * synchronisation.
 */
export function openProduct(options: ProductOptions): Promise<Product> {
  return openAll(async (opened) => {
    const aws = opened.add(await startAws(options.world));
    const konnect = opened.add(await startKonnect({ controlPlanes: [{ name: controlPlaneName }], token }));
    const text = textOfOne(options.setting, { aws, konnect });
    const files = await openFiles(options.setting, { aws }, text);
    const { folder, configPath, credentialsPath, env } = opened.add(files);
    const pluginEnv = {
      AWS_SHARED_CREDENTIALS_FILE: credentialsPath,
      KONG_PRIVATELINK_CONFIG: configPath,
      KONG_PRIVATELINK_ZONE_ID: options.setting.zoneId,
    };
    const plugin = opened.add(await startPlugin(folder, pluginEnv));
    const gateway = opened.add(await openGateway({ konnect, plugin }, options));
    const commandEnv = { ...env, HOME: folder };
    return {
      gateway,
      configPath,
      env,
      run: (verb) => runCli([verb, '-c', configPath, '--json'], { env: commandEnv, signal: options.signal }),
      syncInTrouble: async (awsUrl = aws.url) => {
        const path = join(folder, 'in-trouble.yaml');
        await writeFile(path, (await readFile(configPath, 'utf8')).replaceAll(aws.url, awsUrl), { mode: 0o600 });
        const once = { ...commandEnv, AWS_MAX_ATTEMPTS: '1' };
        return runCli(['sync', '-c', path, '--json'], { env: once, signal: options.signal }).catch(reportOf);
      },
      inject: aws.inject,
      settle: async () => {
        await gateway.waitForConfig(konnect.configHash(controlPlaneName), settleTimeoutMs);
        if (plugin.isDiscovering()) await untilDiscoveredAnew(aws, options);
      },
      close: opened.close,
    };
  });
}

type Parts = { readonly konnect: Konnect; readonly plugin: PluginServer };

function openGateway({ konnect, plugin }: Parts, { setting, onHop }: ProductOptions): Promise<Gateway> {
  return startGateway({
    controlPlane: { address: konnect.url, name: controlPlaneName, token },
    zoneId: setting.zoneId,
    runner: createPluginRunner(plugin),
    reportNode: (node) => konnect.reportNode(controlPlaneName, node),
    onHop,
  });
}

/**
 * Starts the plugin server. Its plugin begins to discover with the first instance, at the first
 * request.
 */
async function startPlugin(folder: string, env: Readonly<Record<string, string>>) {
  const server = await startPluginServer({ entriesDir, socketPath: join(folder, 'js.sock'), env, cwd: folder });
  let started = 0;
  const startInstance: PluginServer['startInstance'] = (name, config) => {
    started += 1;
    return server.startInstance(name, config);
  };
  return { ...server, startInstance, isDiscovering: () => started > 0 };
}

const settleTimeoutMs = 60_000;

const failedSchema = z.object({ code: z.literal(1), stdout: z.string().startsWith('{"owner"') });

/** Returns the report of a command with exit code 1. Rejects with the error where it has none. */
async function reportOf(thrown: unknown): Promise<unknown> {
  const failed = failedSchema.safeParse(thrown);
  if (!failed.success) throw thrown;
  return JSON.parse(failed.data.stdout);
}

/**
 * Passes follow each other: at the begin of the plugin's second pass from now, the first is
 * complete and in use.
 */
function untilDiscoveredAnew(
  { calls }: AwsServer,
  { setting: { pulse }, signal }: Pick<ProductOptions, 'setting' | 'signal'>,
): Promise<void> {
  const passes = () => calls.filter(({ action, region }) => action === pulse.action && region === pulse.region).length;
  const wanted = passes() + 2;
  return until('the plugin did not discover anew', () => passes() >= wanted, signal);
}
